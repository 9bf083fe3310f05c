"""What encoders that were pretrained on hippocampi without labels know of the labels.

Crops of 16 x 16 x 16 voxels around voxels of the anterior part, of the posterior part, and beside
both, of the scans that no pretraining learnt from. Answered as in ``features.py``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from features_asked import Asked, answer, described
from features_masks import Crop
from features_questions import Question
from medssl.engines import Trained
from medssl.networks import FeatureEncoder
from medssl.random import fold
from medssl.store import load_datalist
from medssl.store.open_volumes import open_item
from medssl.transfer import transfer

HALF, EACH, AWAY = 8, 6, 5  # voxels; crops of each kind in a scan; voxels from the hippocampus
PARTS = ("beside", "anterior", "posterior")


def part_crops(folder: Path) -> list[Crop]:
    """Crops of the validation and test scans, of each kind as many as there is place for."""
    items = [
        item
        for split in ("validation", "test")
        for item in load_datalist(folder, split, labelled=True)
    ]
    return [crop for item in items for crop in _of_scan(item)]


def _of_scan(item: Mapping[str, Any]) -> list[Crop]:
    values, label = open_item(item).read_all(), open_item(item, "label").read_all()
    whole = np.zeros(label.shape, dtype=bool)
    whole[tuple(slice(HALF, side - HALF + 1) for side in label.shape)] = True
    beside = ndimage.distance_transform_edt(label == 0) >= AWAY
    rng = np.random.default_rng(fold(item["id"], "hippocampus"))
    crops = []
    for name, where in zip(PARTS, (beside, label == 1, label == 2), strict=True):
        for centre in rng.permutation(np.argwhere(where & whole))[:EACH]:
            box = tuple(slice(at - HALF, at + HALF) for at in centre)
            crops.append(Crop(values[box], str(item["patient"]), mask=name))
    return crops


def part_questions(crops: Sequence[Crop]) -> dict[str, Question]:
    """Which part, and whether it is any."""
    numbers = np.array([PARTS.index(crop.mask) for crop in crops])
    patients = np.array([crop.patient for crop in crops])

    def asked(rows: NDArray[np.int64], labels: NDArray[np.int64], *classes: str) -> Question:
        measure = "AUC" if len(classes) == 2 else "balanced accuracy"
        return Question(rows, labels, tuple(patients[rows]), classes, measure)

    every, inside = np.arange(len(crops)), np.flatnonzero(numbers > 0)
    return {
        "part": asked(every, numbers, *PARTS),
        "end": asked(inside, numbers[inside] - 1, *PARTS[1:]),
    }


def probe_parts(folder: Path, *weights: Path) -> dict[str, Any]:
    """Answers of a pretrained encoder, beside untrained ones and grey values.

    Of several seeds' weights, which have one width and window, the mean score counts.
    """
    trained = Trained(weights[0])
    width = trained["base_channels"]
    asked = Asked(part_crops(folder), trained["window"], width, ask=part_questions)
    features = []
    for each in weights:
        network = FeatureEncoder(width)
        transfer(each, network, "encoder")
        features.append(asked.features(network))
    return {
        "questions": {name: described(each) for name, each in asked.questions.items()},
        "answers": {name: answer(asked, name, *features) for name in asked.questions},
    }
