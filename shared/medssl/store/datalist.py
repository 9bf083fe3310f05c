"""Reading the data list of a prepared folder."""

from __future__ import annotations

import json
import logging
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import UserError
from .contract import SCAN, ScanContract, check_spacing
from .manifest import DATALIST, HASHES, NOT_STATED, fold_name
from .published import published_as
from .splits import SPLITS, patient_hash

Item = dict[str, Any]
LABEL = ("label", "label_voxels_sha256", "label_values", "objects")
IDENTITY = ("id", "patient", "patient_from", "split", "scan_sha256", *HASHES)
RAW = ("image", "label")
logger = logging.getLogger(__name__)


def load_datalist(
    dataset_dir: str | Path,
    split: str,
    crop_size: Sequence[int] | None = None,
    labelled: bool = False,
    label_fraction: float = 1.0,
    seed: int = 0,
    fold: int | None = None,
    spacing: float | Sequence[float] | str | None = None,
) -> list[Item]:
    """List the scans of one split.

    Args:
        dataset_dir: folder that ``medssl prepare`` wrote.
        split: training, validation or test.
        crop_size: voxels x, y, z; smaller scans are left out, and named in one warning.
        labelled: leave out scans without a label; else leave out the labels, so that new labels do
            not make pretraining another run.
        label_fraction: share of the patients to keep, in (0, 1]; smaller shares are subsets of
            larger ones.
        seed: of the choice of patients.
        fold: number of a leave-some-out fold, whose splits to take; None: the one split.
        spacing: voxel size in mm that the folder must have, one number or three, or ``native``;
            None takes any.

    Returns:
        For each scan the absolute path ``image``, ``id``, ``patient`` and who says so
        (``patient_from``), ``split``, ``shape`` (voxels), ``spacing_mm``, ``licence``,
        the contract of the folder's scans (``scan``),
        ``scan_sha256`` of the decoded scan, ``voxels_sha256`` of what is stored; if labelled also
        the absolute path ``label``, ``label_voxels_sha256``, ``label_values`` above 0 and its
        ``objects``.

    Raises:
        UserError: the folder is not prepared, at another voxel size, without such fold, or nothing
            is left.
    """
    path = _find(Path(dataset_dir).absolute(), fold)
    listing = read_datalist(path)
    if split not in SPLITS:
        raise UserError(f"split: {split!r}, expected one of {', '.join(SPLITS)}")
    contract = ScanContract.from_dict(listing.get(SCAN), path)
    check_prepared_at(spacing, contract, path)
    licence = str(listing.get("licence", NOT_STATED))
    common = {"split": split, "licence": licence, SCAN: contract.as_dict()}
    items = [{**_absolute(item, path.parent), **common} for item in listing.get(split, [])]
    if not items:
        raise UserError(
            f"{path}: no scan in {split}; add scans, give it a share with `medssl prepare images "
            "--fractions`, or test in turn with its --folds"
        )
    if labelled:
        items = [item for item in items if "label" in item]
        if not items:
            raise UserError(
                f"{path}: no labelled scan in {split}; add label maps with "
                "`medssl prepare images --labels`"
            )
    else:
        items = [{key: item[key] for key in item if key not in LABEL} for item in items]
    if crop_size is not None:
        items = _large_enough(items, crop_size, path)
    return select_label_fraction(items, label_fraction, seed)


def class_names(dataset_dir: str | Path, classes: Sequence[Sequence[int]]) -> list[str]:
    """Names of a task's classes, as the data list names the values of its label maps.

    Args:
        dataset_dir: prepared folder; where it is none, as in MONAI Label, classes are numbered.
        classes: the label values of each class.

    Returns:
        One name for each class, fit for file names and metrics, such as ``liver`` or ``1``; of
        several values ``liver_tumour``.
    """
    path = Path(dataset_dir).absolute() / DATALIST
    labels = read_datalist(path).get("labels", {}) if path.is_file() else {}
    named = ["_".join(str(labels.get(str(value), value)) for value in values) for values in classes]
    plain = [re.sub(r"\W+", "_", name).removeprefix("label_") for name in named]
    return plain if len(set(plain)) == len(plain) else [str(n + 1) for n in range(len(plain))]


def check_prepared_at(
    spacing: float | Sequence[float] | str | None, contract: ScanContract, where: object
) -> None:
    """Refuse scans that were prepared at another voxel size than the one asked for.

    Args:
        spacing: mm, one number or three (x, y, z), or ``native``; None is no wish.
        contract: of the scans.
        where: they are, for the message.

    Raises:
        UserError: naming both, or no voxel size at all.
    """
    if spacing is None:
        return
    if ScanContract(check_spacing(spacing)).differences(ScanContract(contract.spacing)):
        there = "each scan's own" if contract.spacing is None else f"{list(contract.spacing)} mm"
        raise UserError(
            f"spacing: {where} was prepared at {there}, {spacing} mm is wanted (on the command "
            "line, or by the model that is evaluated); prepare the scans at that voxel size"
        )


def select_label_fraction(items: Sequence[Item], fraction: float, seed: int = 0) -> list[Item]:
    """Keep the scans of the first ``ceil(fraction * n)`` patients in an order drawn from ``seed``.

    Raises:
        UserError: the fraction is not in (0, 1].
    """
    if not isinstance(fraction, int | float) or not 0 < fraction <= 1:
        raise UserError(f"label_fraction: {fraction!r}, expected a number above 0 and at most 1")
    patients = sorted(
        {item["patient"] for item in items},
        key=lambda name: (patient_hash(name, seed, "label fraction"), name),
    )
    kept = set(patients[: math.ceil(round(fraction * len(patients), 9))])
    return [item for item in items if item["patient"] in kept]


def identify(items: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """What tells one data list from another, wherever its folder lies.

    Returns:
        For each item its id, patient and who says so, split, the hashes of its voxels and, where
        known, what its publisher calls it (``published``); of a raw item the paths.
    """
    return [_identity(item) for item in items]


def _identity(item: Mapping[str, Any]) -> dict[str, str]:
    keys = IDENTITY if "id" in item else RAW
    known = {key: str(item[key]) for key in keys if key in item}
    published = published_as(item)
    return {**known, "published": published} if published else known


def _find(folder: Path, fold: int | None) -> Path:
    """The data list to read."""
    path = folder / (DATALIST if fold is None else fold_name(fold))
    if fold is not None and (folder / DATALIST).is_file() and not path.is_file():
        there = len(list(folder.glob(fold_name("*"))))
        raise UserError(
            f"fold: {fold!r}, but {folder} has "
            + (f"folds 0 to {there - 1}" if there else "no folds; prepare it with --folds K")
        )
    return path


def read_datalist(path: Path) -> dict[str, Any]:
    """The content of a ``datalist.json``: common keys, and the items of each split.

    Raises:
        UserError: no such file, or no data list.
    """
    if not path.is_file():
        raise UserError(
            f"{path.parent}: not a prepared data set (no {DATALIST}); run "
            f"`medssl prepare images --source SCANS --output {path.parent}` first"
        )
    try:
        listing = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UserError(f"{path}: no valid JSON ({error}); run `medssl prepare` again") from error
    if not isinstance(listing, dict):
        raise UserError(f"{path}: expected a data list; run `medssl prepare images` again")
    return listing


def _absolute(item: Mapping[str, Any], folder: Path) -> Item:
    paths = {key: str(folder / item[key]) for key in ("image", "label") if key in item}
    return {**item, **paths}


def _large_enough(items: Sequence[Item], crop_size: Sequence[int], path: Path) -> list[Item]:
    fits = [all(n >= m for n, m in zip(item["shape"], crop_size, strict=True)) for item in items]
    small = [f"{i['id']} {i['shape']}" for i, fit in zip(items, fits, strict=True) if not fit]
    if len(small) == len(items):
        raise UserError(
            f"crop_size: {list(crop_size)} is larger than every scan of {path} "
            f"({', '.join(small[:5])}); lower crop_size or prepare with a smaller spacing"
        )
    if small:
        logger.warning("left out, smaller than %s: %s", list(crop_size), ", ".join(small))
    return [item for item, fit in zip(items, fits, strict=True) if fit]
