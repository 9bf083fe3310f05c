"""Real scans for real_tasks.py: linked, prepared, split by hand, with candidates of nodules."""

from __future__ import annotations

import csv
import gzip
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medssl.files import write_json
from medssl.sources import prepare_images
from medssl.store import load_datalist
from medssl.store.marks import Marks, read_marks, write_marks
from medssl.store.open_volumes import open_volume

Array = NDArray[np.float64]
RAS_FROM_LPS = np.array([-1.0, -1.0, 1.0])
LUNG_HU = -500
HITS = 8  # candidates on a nodule
RANDOM = 60  # candidates at random places of the lungs of one scan
AWAY_MM = 10.0
SAME_MM = 5.0  # two readers' marks this close are one finding
SPLITS = ("training", "validation", "test")


def stage(data: Path, folder: Path, scans: Mapping[str, str], mask: str | None = None) -> Path:
    """Link scans under their names: ``images/<name>.nii.gz`` and ``labels/<name>.nii.gz``.

    Args:
        data: folder of scans.
        folder: where the links go.
        scans: for each name the scan's folder below ``data``, which holds ``ct.nii.gz``.
        mask: file name of the label maps there.
    """
    files = {"images": "ct.nii.gz"} | ({} if mask is None else {"labels": mask})
    for name, place in scans.items():
        for kind, file in files.items():
            link(data / place / file, folder / kind / f"{name}.nii.gz")
    return folder


def link(file: Path, name: Path) -> None:
    """Let a file be found under another name."""
    name.parent.mkdir(parents=True, exist_ok=True)
    name.unlink(missing_ok=True)
    name.symlink_to(file.resolve())


def prepare(staged: Path, output: Path, spacing_mm: float, **splits: Sequence[str]) -> Path:
    """Prepare staged scans and deal them to ``splits`` by name; a scan may be in several."""
    labels = "labels/*.nii.gz" if (staged / "labels").is_dir() else None
    prepare_images(
        staged, output, "images/*.nii.gz", labels, spacing_mm, workers=1, fractions=(1, 0, 0)
    )
    return deal(output, output.with_name(f"{output.name}_split"), **splits)


def deal(prepared: Path, target: Path, **splits: Sequence[str]) -> Path:
    """A folder with the same volumes, as hard links, and which names are in which split."""
    shutil.copytree(prepared, target, copy_function=_link_again, dirs_exist_ok=True)
    listing = json.loads((prepared / "datalist.json").read_text(encoding="utf-8"))
    items = {item["id"]: item for item in listing["training"]}
    dealt = {split: [items[name] for name in splits.get(split, ())] for split in SPLITS}
    write_json(target / "datalist.json", {**listing, **dealt})
    return target


def _link_again(file: str, name: str) -> None:
    Path(name).unlink(missing_ok=True)
    Path(name).hardlink_to(file)


def write_tables(tables: Path, dataset_dir: Path, target: Path) -> dict[str, Any]:
    """Write ``annotations.csv`` and ``candidates.csv`` of LUNA16 scans, and say what they hold.

    Positives are each nodule's centre and random places within half its radius. Negatives are
    findings that LUNA16 excludes, one for marks that mean the same, and random places in the lungs.

    Args:
        tables: folder with ``luna16_annotations.csv`` and ``luna16_annotations_excluded.csv.gz``.
        dataset_dir: prepared folder with the labelled scans in ``training``, named by series UID.
        target: folder to write.
    """
    target.mkdir(parents=True, exist_ok=True)
    unpacked = target / "excluded.csv"
    with gzip.open(tables / "luna16_annotations_excluded.csv.gz") as packed:
        unpacked.write_bytes(packed.read())
    nodules = read_marks(tables / "luna16_annotations.csv", "diameter_mm")
    findings = read_marks(unpacked, "diameter_mm")
    candidates, kept, facts = [], [], {}
    for item in load_datalist(dataset_dir, "training", labelled=True):
        name, volume = str(item["id"]), open_volume(str(item["image"]))
        inside = [_inside(marks.of([name]), volume) for marks in (nodules, findings)]
        hits, misses, excluded = _places(volume, *inside)
        kept.append(inside[0])
        candidates.append(_marks(name, np.concatenate([hits, misses]), len(hits)))
        facts[name] = {
            "nodules": len(inside[0]),
            "centre_to_outlines_mm": _distance(volume, inside[0], item["objects"]),
            "positives": len(hits),
            "negatives": len(misses),
            "of_them_excluded_findings": excluded,
        }
    write_marks(target / "candidates.csv", _join(candidates), "class")
    write_marks(target / "annotations.csv", _join(kept), "diameter_mm")
    return facts


def _places(volume: Any, nodules: Marks, findings: Marks) -> tuple[Array, Array, int]:
    """LPS mm of hits and misses in one scan, and how many misses are excluded findings."""
    rng = np.random.default_rng(0)
    hits = [nodules.world_mm]
    for centre, diameter in zip(nodules.world_mm, nodules.values, strict=True):
        steps = rng.standard_normal((HITS - 1, 3))
        lengths = rng.uniform(0, diameter / 4, (HITS - 1, 1))
        hits.append(centre + lengths * steps / np.linalg.norm(steps, axis=1, keepdims=True))
    lung = np.argwhere(find_lung(volume.read_all()))
    voxels = lung[rng.permutation(len(lung))[: 4 * RANDOM]]
    random = (voxels @ volume.affine[:3, :3].T + volume.affine[:3, 3]) * RAS_FROM_LPS
    excluded = _distinct(_away(findings.world_mm, nodules))
    misses = np.concatenate([excluded, _away(random, nodules)[:RANDOM]])
    return np.concatenate(hits), misses, len(excluded)


def find_lung(hu: NDArray[np.int16]) -> NDArray[np.bool_]:
    """Air below -500 HU, on average over 7 voxels too, that does not reach the scan's sides."""
    parts = ndimage.label(hu < LUNG_HU)[0]
    sides = [parts[[0, -1]], parts[:, [0, -1]]]
    outside = np.unique(np.concatenate([side.ravel() for side in sides]))
    mean = ndimage.uniform_filter(hu.astype(np.float32), 7)
    return (parts > 0) & ~np.isin(parts, outside) & (mean < LUNG_HU)


def _voxels(marks: Marks, volume: Any) -> Array:
    inverse = np.linalg.inv(volume.affine)
    return np.asarray(marks.world_mm * RAS_FROM_LPS @ inverse[:3, :3].T + inverse[:3, 3])


def _inside(marks: Marks, volume: Any) -> Marks:
    voxels = _voxels(marks, volume)
    inside = (voxels >= 0) & (voxels <= np.subtract(volume.shape, 1))
    return marks.take(np.flatnonzero(inside.all(axis=1)))


def _distance(volume: Any, nodules: Marks, objects: Sequence[Mapping[str, Any]]) -> float:
    """From each nodule's published centre to the nearest outlined one, the largest, in mm."""
    centres = np.array([each["center"] for each in objects])
    steps = (_voxels(nodules, volume)[:, None] - centres) * volume.spacing_mm
    return float(np.linalg.norm(steps, axis=2).min(axis=1).max())


def _away(world_mm: Array, nodules: Marks) -> Array:
    """Those farther from the surface of every nodule than ``AWAY_MM``."""
    distance = np.linalg.norm(world_mm[:, None] - nodules.world_mm, axis=2) - nodules.values / 2
    return np.asarray(world_mm[(distance > AWAY_MM).all(axis=1)])


def _distinct(world_mm: Array) -> Array:
    kept: list[Array] = []
    for place in world_mm:
        if all(np.linalg.norm(place - other) > SAME_MM for other in kept):
            kept.append(place)
    return np.reshape(kept, (-1, 3))


def _marks(name: str, world_mm: Array, positives: int) -> Marks:
    count = len(world_mm)
    names = np.array([name] * count, dtype=object)
    return Marks(
        names, world_mm, (np.arange(count) < positives).astype(np.float64), np.arange(count)
    )


def _join(marks: Sequence[Marks]) -> Marks:
    columns = zip(*((m.series, m.world_mm, m.values, m.lines) for m in marks), strict=True)
    return Marks(*map(np.concatenate, columns))


def read_probabilities(path: Path) -> dict[tuple[str, ...], float]:
    """Probability by series and position, from a table that a bundle wrote."""
    with path.open(newline="", encoding="utf-8") as stream:
        return {tuple(row[:4]): float(row[4]) for row in list(csv.reader(stream))[1:]}
