"""The answer that needs no learning: where a structure lies as a rule, whatever a scan shows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from medssl.classes import Groups, read_classes
from medssl.crops.label_maps import to_classes
from medssl.metrics.segmentation import overlap
from medssl.store import class_names, classes_here, load_datalist
from medssl.store.open_volumes import open_item

Labels = NDArray[np.uint8]


def centred(label: Labels, shape: tuple[int, ...]) -> Labels:
    """A map ``(X, Y, Z)`` cut or padded about its centre."""
    out = np.zeros(shape, dtype=np.uint8)
    ours, theirs = [], []
    for side, want in zip(label.shape, shape, strict=True):
        kept = min(side, want)
        ours.append(slice((side - kept) // 2, (side - kept) // 2 + kept))
        theirs.append(slice((want - kept) // 2, (want - kept) // 2 + kept))
    out[tuple(theirs)] = label[tuple(ours)]
    return out


def usual_place(labels: list[Labels]) -> Labels:
    """The most frequent class at each place, of maps aligned by their centres."""
    shape = tuple(np.max([label.shape for label in labels], axis=0))
    aligned = [centred(label, shape) for label in labels]
    classes = range(int(max(label.max() for label in labels)) + 1)
    counts = np.stack([np.sum([label == n for label in aligned], axis=0) for n in classes])
    return np.asarray(counts.argmax(0), dtype=np.uint8)


def atlas_dice(folder: Path) -> dict[str, dict[str, float]]:
    """Dice by class of each test case, if every scan got the training scans' usual label map."""
    groups: Groups = read_classes(classes_here(folder)).groups
    names = class_names(folder, groups)

    def maps(split: str) -> dict[str, Labels]:
        items = load_datalist(folder, split, labelled=True)
        return {i["id"]: to_classes(open_item(i, "label").read_all(), groups) for i in items}

    atlas, found = usual_place(list(maps("training").values())), {}
    for case, truth in maps("test").items():
        guess = centred(atlas, truth.shape)
        maps_here = (torch.from_numpy(one)[None, None] for one in (guess, truth))
        dice = overlap("dice", *maps_here, range(1, len(names) + 1))[0].tolist()
        found[case] = dict(zip(names, dice, strict=True))
    return found
