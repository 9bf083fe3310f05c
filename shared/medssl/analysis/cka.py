"""Linear CKA: how far have an encoder's features moved, level by level? (paper, Table 6)

With the unbiased estimator of HSIC (Song and others, JMLR 2012, Eq. 5), which does not grow with
the number of features as the biased one does; it may come out a little below 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..errors import UserError
from ..metrics.bootstrap import Values
from ..networks.heads import pool
from ..transfer import transfer
from .pictures import new_figure, save_figure
from .task_crops import open_task

SAMPLES = 4  # fewer have no unbiased estimate


def hsic(first: Values, second: Values) -> float:
    """Unbiased estimate of the Hilbert-Schmidt independence criterion.

    Args:
        first, second: kernels ``(n, n)`` of the same n samples, 4 or more.
    """
    n = len(first)
    k, m = (kernel - np.diag(np.diag(kernel)) for kernel in (first, second))
    together = float((k * m).sum())  # the trace of k @ m, both symmetric
    apart = float(k.sum() * m.sum()) / ((n - 1) * (n - 2))
    crossed = 2 * float(k.sum(0) @ m.sum(0)) / (n - 2)
    return (together + apart - crossed) / (n * (n - 3))


def linear_cka(first: Values, second: Values) -> float:
    """Linear CKA of features ``(n, p)`` and ``(n, q)`` of the same samples.

    1 for features that are equal but for a rotation, a scale and a shift; about 0 for unrelated
    ones. NaN where the features of one side do not differ between samples.

    Raises:
        UserError: fewer than 4 samples, or unlike numbers of them.
    """
    if len(first) != len(second) or len(first) < SAMPLES:
        raise UserError(f"CKA: {len(first)} and {len(second)} crops; expected as many, 4 or more")
    # Centring changes nothing of the estimate but keeps its terms small.
    k, m = (x @ x.T for x in (first - first.mean(0), second - second.mean(0)))
    own, theirs = hsic(k, k), hsic(m, m)
    scale = np.finfo(np.float64).eps * max(float(np.abs(k).max()), float(np.abs(m).max()), 1e-300)
    if own <= scale**2 or theirs <= scale**2:
        return float("nan")
    return float(hsic(k, m) / np.sqrt(own * theirs))


@dataclass(frozen=True)
class Similarity:
    """Features of two encoders on the same crops.

    Attributes:
        first, second: the weights.
        crops, patients: counted.
        levels: CKA of each level with the same level of the other encoder.
        matrix: of each level of the first with each of the second.
    """

    first: str
    second: str
    split: str
    crops: int
    patients: int
    levels: tuple[float, ...]
    matrix: tuple[tuple[float, ...], ...]

    def __str__(self) -> str:
        shown = "  ".join(f"level {k} {value:.3f}" for k, value in enumerate(self.levels, 1))
        counted = f"{self.crops} crops of {self.patients} patients ({self.split})"
        return f"{self.first}\n{self.second}\nlinear CKA on {counted}: {shown}"


def encoder_cka(
    first: str | Path,
    second: str | Path,
    data: str | Path,
    bundle: str | Path | Sequence[str],
    split: str = "test",
    transfer_from: str = "online",
    overrides: Mapping[str, Any] | None = None,
) -> Similarity:
    """Compare the encoders of two weight files on a task's crops.

    Features are the encoder's levels after global average pooling, with running batch-norm
    statistics. The crops are those of ``medssl probe``.

    Args:
        first: weights, such as pretrained ones.
        second: others, such as those fine-tuned from them; the crops are cut as for these.
        data: the task's prepared folder.
        bundle: folder of the task's bundle, its train.json, or a list of configs to merge.
        split: the crops' split.
        transfer_from: "online", or "target" for the first one's moving-average network.
        overrides: keys of the config, as on MONAI's command line.

    Raises:
        UserError: see :func:`~.task_crops.open_task`; an encoder that does not fit; too few crops.
    """
    task = open_task(second, data, bundle, overrides)
    batches, network = task.batches(split), task.network()
    found, patients = [], set()
    for source, branch in ((first, transfer_from), (second, "online")):
        transfer(source, network, "encoder", branch)
        encoder = network.get_submodule("encoder")
        owners: list[str] = []
        found.append(level_features(encoder, _noting(batches, owners)))
        patients = set(owners)
    matrix = tuple(tuple(linear_cka(x, y) for y in found[1]) for x in found[0])
    levels = tuple(row[place] for place, row in enumerate(matrix))
    names = str(first), str(second), split
    return Similarity(*names, len(found[0][0]), len(patients), levels, matrix)


def level_features(encoder: nn.Module, images: Iterable[Tensor]) -> list[Values]:
    """Pooled features of each level, ``(N, channels)`` float64.

    Args:
        encoder: maps images to its levels; runs in eval mode and without gradients.
        images: batches ``(B, C, X, Y, Z)`` in [0, 1] on its device.
    """
    encoder.eval()
    with torch.no_grad():
        pooled = [[pool(level) for level in encoder(batch)] for batch in images]
    return [torch.cat(level).double().cpu().numpy() for level in zip(*pooled, strict=True)]


def _noting(
    batches: Iterable[tuple[Tensor, Tensor, Sequence[str]]], owners: list[str]
) -> Iterable[Tensor]:
    for images, _, patients in batches:
        owners += patients
        yield images


def draw_cka(found: Similarity, path: Path) -> None:
    """Picture of all levels against all levels.

    Raises:
        UserError: the picture cannot be written.
    """
    figure, axes = new_figure(1, width=4.2, height=3.8)
    axis = axes[0, 0]
    shown = axis.imshow(found.matrix, vmin=0, vmax=1, cmap="viridis", origin="lower")
    for row, values in enumerate(found.matrix):
        for column, value in enumerate(values):
            colour = "black" if value > 0.6 else "white"
            axis.text(column, row, f"{value:.2f}", ha="center", va="center", color=colour)
    places = range(len(found.levels))
    names = [f"level {place + 1}" for place in places]
    axis.set_xticks(places, names)
    axis.set_yticks(places, names)
    axis.set_xlabel("second weights")
    axis.set_ylabel("first weights")
    axis.set_title(f"linear CKA, {found.crops} crops", fontsize=10)
    figure.colorbar(shown)
    save_figure(figure, path)
