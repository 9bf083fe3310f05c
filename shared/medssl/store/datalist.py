"""Reading the data list of a prepared folder."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..files import collector_paused
from .contract import SCAN, ScanContract, check_spacing
from .items import check_items
from .joined import CHANNELS, alone, join
from .listing import find_datalist, read_datalist
from .manifest import HASHES, NOT_STATED
from .published import published_as
from .selection import Item, large_enough, select_label_fraction
from .splits import SPLITS

LABEL = ("label", "label_voxels_sha256", "label_values", "objects")
IDENTITY = ("id", "patient", "patient_from", "split", "scan_sha256", *HASHES)
RAW = ("image", "label")
# An absolute path, on any system, or one with a step upwards.
_LEADS_OUT = re.compile(r"[/\\]|[A-Za-z]:|(?:.*[/\\])?\.\.(?:[/\\]|$)", re.DOTALL).match


@collector_paused()
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
        labelled: leave out scans without a label, and join the channels of the others; else leave
            out the labels, so that new labels do not make pretraining another run, and take each
            channel as a scan of its patient.
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
        ``objects``, and of several channels the ``channels``, see :func:`~.joined.join`.

    Raises:
        UserError: the folder is not prepared, at another voxel size, without such fold, or nothing
            is left.
    """
    items, contract, path = list_split(dataset_dir, split, fold, spacing)
    if labelled:
        items = [item for item in join(items, contract, path) if "label" in item]
        if not items:
            raise UserError(
                f"{path}: no labelled scan in {split}; add label maps with "
                "`medssl prepare images --labels`"
            )
    else:
        items = alone(items, contract)
        items = [{key: item[key] for key in item if key not in LABEL} for item in items]
    if crop_size is not None:
        items = large_enough(items, crop_size, path)
    return select_label_fraction(items, label_fraction, seed)


@collector_paused()
def list_split(
    dataset_dir: str | Path,
    split: str,
    fold: int | None = None,
    spacing: float | Sequence[float] | str | None = None,
) -> tuple[list[Item], ScanContract, Path]:
    """All volumes of one split, each channel by itself and with its label map, if it has one.

    Args:
        dataset_dir: folder that ``medssl prepare`` wrote.
        split: training, validation or test.
        fold: see :func:`load_datalist`.
        spacing: see :func:`load_datalist`.

    Returns:
        The items, what is common to them, and the data list that they come from.

    Raises:
        UserError: the folder is not prepared, at another voxel size, without such fold, or the
            split is empty; see :func:`~.items.check_items`.
    """
    path = find_datalist(Path(dataset_dir).absolute(), fold)
    listing = read_datalist(path)
    if split not in SPLITS:
        raise UserError(f"split: {split!r}, expected one of {', '.join(SPLITS)}")
    contract = ScanContract.from_dict(listing.get(SCAN), path)
    check_prepared_at(spacing, contract, path)
    licence = str(listing.get("licence", NOT_STATED))
    common = {"split": split, "licence": licence, SCAN: contract.as_dict()}
    entries = listing.get(split, [])
    check_items(entries, path)
    items = [{**_absolute(item, path), **common} for item in entries]
    if not items:
        raise UserError(
            f"{path}: no scan in {split}; add scans, give it a share with `medssl prepare images "
            "--fractions`, or test in turn with its --folds"
        )
    return items, contract, path


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
            "line, in a config file such as small.json, or by the model that is evaluated); "
            f"prepare the scans at that voxel size (medssl prepare ... --spacing {spacing})"
        )


def identify(items: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """What tells one data list from another, wherever its folder lies.

    Returns:
        For each item, and each channel of one, its id, patient and who says so, split, the hashes
        of its voxels and, where known, what its publisher calls it (``published``); of a raw item
        the paths.
    """
    return [
        _identity({**item, **channel}) for item in items for channel in item.get(CHANNELS, [{}])
    ]


def _identity(item: Mapping[str, Any]) -> dict[str, str]:
    keys = IDENTITY if "id" in item else RAW
    known = {key: str(item[key]) for key in keys if key in item}
    published = published_as(item)
    return {**known, "published": published} if published else known


def _absolute(item: Mapping[str, Any], listed: Path) -> Item:
    """The item with absolute paths, which lie in the folder of its list.

    Raises:
        UserError: one of them would lead out of it.
    """
    paths = {key: str(item[key]) for key in ("image", "label") if key in item}
    for path in paths.values():
        if _LEADS_OUT(path):
            raise UserError(
                f"{listed}: names {path!r}, outside of the folder; expected paths below it, as "
                "`medssl prepare` writes them"
            )
    here = {key: os.path.join(listed.parent, path) for key, path in paths.items()}  # noqa: PTH118 (pathlib takes half of the time of a list of 100,000)
    return {**item, **here}
