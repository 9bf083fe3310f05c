"""Linear probe and nearest neighbours on frozen features: what an encoder knows already."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedGroupKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor, nn

from ..errors import UserError
from ..networks.heads import pool
from ..networks.unet import STRIDE
from ..transfer import transfer
from .patient_auc import patient_auc
from .statistics import Estimate

FOLDS = 5
PENALTIES = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)
NEIGHBOURS = (1, 3, 5, 10, 20, 50)
LabelledBatches = Iterable[tuple[Tensor, Tensor, Sequence[str]]]


@dataclass(frozen=True)
class Features:
    """Encoder features of crops.

    Attributes:
        values: ``(N, F)`` float32.
        labels: ``(N,)``, 0 or 1.
        patients: of each crop.
    """

    values: NDArray[np.float32]
    labels: NDArray[np.int64]
    patients: tuple[str, ...]

    def check(self, name: str, patients: int = 1) -> None:
        """Raise ``UserError`` unless both classes occur, each in so many patients or more."""
        for label in (0, 1):
            found = {p for p, own in zip(self.patients, self.labels, strict=True) if own == label}
            if len(found) < patients:
                raise UserError(
                    f"{name}: crops of class {label} in {len(found)} patient(s), expected at "
                    f"least {patients}; add labelled scans"
                )
        if not set(np.unique(self.labels)) <= {0, 1}:
            raise UserError(f"{name}: labels {np.unique(self.labels).tolist()}, expected 0 and 1")


@dataclass(frozen=True)
class Score:
    """Test AUC of one classifier, named with the setting that cross-validation chose for it."""

    features: str
    classifier: str
    auc: Estimate

    def __str__(self) -> str:
        return f"{self.features:<12}{self.classifier:<20}AUC {self.auc}"


def encode(encoder: nn.Module, images: Tensor) -> Tensor:
    """The encoder's deepest level, averaged over space: ``(B, F)`` float32 on the CPU.

    Args:
        encoder: maps images to its levels, see :class:`~medssl.networks.Encoder`; runs in eval
            mode and without gradients.
        images: ``(B, C, X, Y, Z)`` in [0, 1] on its device.

    Raises:
        UserError: crops that are nothing at the deepest level.
    """
    if min(sides := list(images.shape[2:])) < STRIDE:
        raise UserError(
            f"crop_size: {sides}, expected {STRIDE} voxels or more along each side, which become "
            "one at the encoder's deepest level"
        )
    encoder.eval()
    with torch.no_grad():
        return pool(encoder(images)[-1]).float().cpu()


def embed(encoder: nn.Module, batches: LabelledBatches) -> Features:
    """Features of labelled crops, see :func:`encode` (512 in the paper).

    Args:
        encoder: as for :func:`encode`.
        batches: images ``(B, 1, X, Y, Z)`` in [0, 1] on its device, labels ``(B,)`` 0 or 1, and
            the patient of each.

    Raises:
        UserError: no batch.
    """
    values: list[Tensor] = []
    labels: list[int] = []
    patients: list[str] = []
    for images, targets, owners in batches:
        values.append(encode(encoder, images))
        labels += [int(target) for target in targets]
        patients += [str(owner) for owner in owners]
    if not values:
        raise UserError("batches: no crop; give at least one batch")
    return Features(torch.cat(values).numpy(), np.asarray(labels), tuple(patients))


def probe(name: str, train: Features, test: Features, seed: int = 0) -> tuple[Score, Score]:
    """Fit a linear classifier and nearest neighbours on ``train`` and judge them on ``test``.

    Logistic regression on standardised features, with the L2 penalty (``C``), and k nearest
    neighbours by cosine similarity, with the ``k``, that have the best mean AUC in stratified
    cross-validation on ``train``; crops of one patient are never in two folds.

    Args:
        name: of the features, for the report.
        train, test: crops of different patients.
        seed: of the folds and of the interval.

    Returns:
        Test AUC of both, with an interval over patients (95 %).

    Raises:
        UserError: too few patients of a class, or a patient in both sets.
    """
    train.check("training crops", patients=2)
    test.check("test crops")
    if common := set(train.patients) & set(test.patients):
        raise UserError(f"patient '{min(common)}' is in the training and in the test crops")
    folds = _folds(train, seed)
    smallest = min(len(kept) for kept, _ in folds)
    linear = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
    penalties = {"logisticregression__C": PENALTIES}
    neighbours = KNeighborsClassifier(metric="cosine")
    sizes = {"n_neighbors": [k for k in NEIGHBOURS if k <= smallest]}
    scores = []
    for kind, model, grid in (("linear, C", linear, penalties), ("kNN, k", neighbours, sizes)):
        search = GridSearchCV(model, grid, scoring="roc_auc", cv=folds)
        search.fit(train.values, train.labels)
        (chosen,) = search.best_params_.values()
        certainty = search.predict_proba(test.values)[:, 1]
        auc = patient_auc(test.labels, certainty, test.patients, seed=seed)
        scores.append(Score(name, f"{kind} {chosen:g}", auc))
    return scores[0], scores[1]


def _folds(train: Features, seed: int) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Indices to fit on and to judge on, both with both classes."""
    names, number = np.unique(train.patients, return_inverse=True)
    count = min(FOLDS, len(names), *np.bincount(train.labels))  # each fold is to have both classes
    splitter = StratifiedGroupKFold(count, shuffle=True, random_state=seed)
    folds = [
        (kept, left)
        for kept, left in splitter.split(train.values, train.labels, groups=number)
        if len(set(train.labels[kept])) == len(set(train.labels[left])) == 2
    ]
    if not folds:
        raise UserError("training crops: too few patients for cross-validation; add labelled scans")
    return folds


@dataclass(frozen=True)
class Probe:
    """What a frozen encoder gives, beside the same encoder before any training."""

    source: str
    crops: tuple[int, int]
    patients: tuple[int, int]
    scores: tuple[Score, ...]

    def __str__(self) -> str:
        (fitted, judged), (first, second) = self.crops, self.patients
        sizes = f"{fitted} crops of {first} patients, AUC on {judged} crops of {second} others"
        return "\n".join([f"{self.source}: fitted on {sizes}", *map(str, self.scores)])


def compare(
    network: nn.Module,
    source: str | Path,
    training: LabelledBatches,
    test: LabelledBatches,
    transfer_from: str = "online",
    seed: int = 0,
) -> Probe:
    """Probe a network's encoder as it is, then with the weights of ``source``.

    Args:
        network: untrained, with an ``encoder``; it keeps the transferred weights.
        source: pretrained weights, see :func:`~medssl.transfer.transfer`.
        training: as for :func:`embed`, gone through twice; the classifiers are fitted on it.
        test: the same for other patients, to judge them on.
        transfer_from: "online" or "target".
        seed: see :func:`probe`.

    Raises:
        UserError: the encoder does not fit, or see :func:`probe`.
    """
    encoder = network.get_submodule("encoder")
    untrained = embed(encoder, training), embed(encoder, test)
    transfer(source, network, "encoder", transfer_from)
    pretrained = embed(encoder, training), embed(encoder, test)
    sets = (("pretrained", pretrained), ("untrained", untrained))
    scores = [score for name, both in sets for score in probe(name, *both, seed)]
    crops, patients = zip(*((len(f.labels), len(set(f.patients))) for f in untrained), strict=True)
    return Probe(str(source), crops, patients, tuple(scores))
