"""What ``features.py`` asks of crops: classes, whose they are, and how answers are judged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features_masks import Crop
from medssl.analysis.left_out import certainties
from medssl.analysis.patient_tally import auc_tally, recall_tally
from medssl.metrics.bootstrap import Values

TRUNK = ("chest", "abdomen")
REGIONS = ("abdomen", "chest", "tumour_sts")
THIRDS = ("lower third", "middle third", "upper third")
THICKNESSES = ("up to 2 mm", "over 2 to 4 mm", "over 4 mm")
THICKNESS_MM = (2.0, 4.0)


@dataclass(frozen=True)
class Question:
    """Labelled crops.

    Attributes:
        rows: which of all crops.
        labels: the class of each.
        patients: of each; blocks of the scan where there is one patient only.
        classes: names.
        measure: ``balanced accuracy``, or ``AUC`` for two classes that each patient has.
        one_patient: no interval then.
    """

    rows: NDArray[np.int64]
    labels: NDArray[np.int64]
    patients: tuple[str, ...]
    classes: tuple[str, ...]
    measure: str
    one_patient: bool = False

    @property
    def chance(self) -> float:
        """Score of guessing."""
        return 0.5 if self.measure == "AUC" else 1 / len(self.classes)

    def tally(self, features: NDArray[np.float32], classifier: str) -> Values:
        """The answers that features of all crops give, counted by patient."""
        sure = certainties(features[self.rows], self.labels, self.patients, classifier)
        if self.measure == "AUC":
            return auc_tally(self.labels, sure[:, 1], self.patients)
        return recall_tally(self.labels, sure.argmax(1), self.patients)


def region(crop: Crop) -> str | None:
    """Chest, abdomen or limb."""
    return crop.region if crop.region in REGIONS else None


def height(crop: Crop) -> str | None:
    """The third of its scan, of chests and abdomens."""
    trunk = crop.region in TRUNK and crop.third is not None
    return THIRDS[crop.third] if trunk and crop.third is not None else None


def thickness(crop: Crop) -> str | None:
    """Native distance of slices, of chests and abdomens: those of the limbs are all alike."""
    if crop.region not in TRUNK:
        return None
    return THICKNESSES[int(np.searchsorted(THICKNESS_MM, round(crop.native_mm, 2)))]


def on_mask(mask: str) -> Callable[[Crop], str | None]:
    """On what is outlined, or beside it."""
    return lambda crop: (mask if crop.on else "other") if crop.mask == mask else None


ASKED: dict[str, tuple[Callable[[Crop], str | None], tuple[str, ...]]] = {
    "region": (region, REGIONS),
    "height": (height, THIRDS),
    "thickness": (thickness, THICKNESSES),
    "tumour": (on_mask("tumour"), ("other", "tumour")),
    "nodule": (on_mask("nodule"), ("other", "nodule")),
    "liver": (on_mask("liver"), ("other", "liver")),
}


def questions(crops: Sequence[Crop]) -> dict[str, Question]:
    """The questions that these crops can answer.

    A class that only one patient shows is left out, and a question without two classes is not
    asked. What only one patient shows as a whole is asked by three blocks of that scan.
    """
    found = {}
    for name, (label_of, classes) in ASKED.items():
        named = [(row, label) for row, crop in enumerate(crops) if (label := label_of(crop))]
        by_mask = name in ("tumour", "nodule", "liver")
        alone = by_mask and len({crops[row].patient for row, _ in named}) == 1
        owners = {row: _owner(crops[row], alone) for row, _ in named}
        kept = [
            each
            for each in classes
            if len({owners[row] for row, label in named if label == each}) > 1
        ]
        if len(kept) < 2:
            continue
        rows = [row for row, label in named if label in kept]
        found[name] = Question(
            rows=np.asarray(rows),
            labels=np.asarray([kept.index(label) for _, label in named if label in kept]),
            patients=tuple(owners[row] for row in rows),
            classes=tuple(kept),
            measure="AUC" if by_mask else "balanced accuracy",
            one_patient=alone,
        )
    return found


def _owner(crop: Crop, alone: bool) -> str:
    return f"block {crop.block}" if alone else crop.patient
