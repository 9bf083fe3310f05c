"""The crops of held-out scans that ``features.py`` asks about, cut once for all questions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from features_masks import OFF_MASK, ON_MASK, SIDE, Crop, body_of, mask_crops, on_grid
from medssl.crops.chooser import CropChooser
from medssl.random import fold
from medssl.store import open_volume

SIZE = (SIDE, SIDE, SIDE)
# Of each scan 48 crops at most: of its body alone, or of its body, on a mask and beside it.
BODY, BODY_BESIDE_MASK = 48, 48 - ON_MASK - OFF_MASK
ATTEMPTS = 64
LEAST_ROOM = SIDE // 2  # slices of play that make a crop's height worth asking for
MASKS = {"tumour": "gtv.nii.gz", "liver": "liver.nii.gz"}


def held_out(dataset_dir: Path, provenance: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Records of a folder's scans that a run did not train on, nor on another of their patients.

    Scans of the training split are left out for every run, also where they were too small for its
    crops: all runs on the folder are asked of the same scans.

    Args:
        dataset_dir: prepared folder.
        provenance: of the run.
    """
    seen = provenance["run"]["data"]["training"]
    taken = {str(scan[key]) for scan in seen for key in ("id", "patient", "scan_sha256")}
    records = json.loads((dataset_dir / "manifest.json").read_text(encoding="utf-8"))["scans"]
    keys = ("id", "patient", "scan_sha256")
    free = [
        scan
        for scan in records
        if scan["split"] != "training" and taken.isdisjoint(str(scan[key]) for key in keys)
    ]
    places = {scan["id"]: str(dataset_dir / "volumes" / f"{scan['id']}.b2nd") for scan in free}
    return [{**scan, "image": places[scan["id"]]} for scan in free]


def scan_crops(data: Path, records: Sequence[Mapping[str, Any]]) -> list[Crop]:
    """Crops of the bodies of real scans, and those on and beside what lies outlined next to them.

    Args:
        data: folder that was prepared; masks are looked for beside each scan's source.
        records: see :func:`held_out`. Scans that are smaller than a crop are left out.
    """
    found: list[Crop] = []
    for record in records:
        if min(record["shape"]) < SIDE:
            continue
        beside = (data / record["source"]).parent
        masks = {name: beside / file for name, file in MASKS.items() if (beside / file).is_file()}
        found += body_crops(record, BODY_BESIDE_MASK if masks else BODY)
        for name, path in masks.items():
            hu = open_volume(record["image"]).read_all()
            mask = on_grid(path, np.asarray(record["affine"]), hu.shape)
            found += mask_crops(hu, mask, body_of(hu), str(record["patient"]), name)
    return found


def body_crops(record: Mapping[str, Any], count: int) -> list[Crop]:
    """As many crops from each third of the places along z, where a scan has room for thirds.

    Args:
        record: see :func:`held_out`.
        count: crops to cut, at random places of which at least half is body where there are such.
    """
    volume = open_volume(record["image"])
    chooser = CropChooser([record], [SIZE], "body")
    rng = np.random.default_rng(fold(record["id"], "features"))
    room = np.subtract(volume.shape, SIDE) + 1
    thirds = room[2] >= LEAST_ROOM
    crops = []
    for number in range(count):
        third = number % 3
        starts = rng.integers(0, room, (ATTEMPTS, 3))
        if thirds:
            low, high = (np.array([third, third + 1]) * room[2]) // 3
            starts[:, 2] = rng.integers(low, high, ATTEMPTS)
        crops.append(
            Crop(
                chooser.choose(volume, starts, SIZE)[1],
                str(record["patient"]),
                Path(record["source"]).parts[0],
                third if thirds else None,
                float(record["native_spacing_mm"][2]),
            )
        )
    return crops
