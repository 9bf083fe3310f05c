"""The file ``datalist.json`` itself: which one, what is in it, what it calls the classes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..files import read_object
from ..forms import check_form
from ..ranks import is_main
from .contract import HU, SCAN
from .lock import SHARDS, being_prepared
from .manifest import DATALIST, REGIONS, fold_name
from .splits import SPLITS

_MEND = "run `medssl prepare` again"
# What is common to all scans; the entries are looked at where they are used.
_FORM = {
    **{"licence": str, SCAN: {}, "labels": {str: str}, REGIONS: {str: [int]}},
    **dict.fromkeys(SPLITS, list),
}


def find_datalist(folder: Path, fold: int | None) -> Path:
    """The data list to read."""
    path = folder / (DATALIST if fold is None else fold_name(fold))
    if fold is not None and (folder / DATALIST).is_file() and not path.is_file():
        there = len(list(folder.glob(fold_name("*"))))
        raise UserError(
            f"fold: {fold!r}, but {folder} has "
            + (f"folds 0 to {there - 1}" if there else "no folds; prepare it with --folds K")
        )
    return path


def fold_here(dataset_dir: str | Path, fold: int | None) -> int | None:
    """The fold of a training where the folder has folds; None, the one split, where it has none.

    So a model of a fold is tested on scans from elsewhere as any other model is.
    """
    folder = Path(dataset_dir)
    if not (folder / DATALIST).is_file() or any(folder.glob(fold_name("*"))):
        return fold
    if fold is not None and is_main():
        print(f"{folder}: no folds here; its one split is taken, not fold {fold} of the training")
    return None


def channels_here(dataset_dir: str | Path, raw: Sequence[str] | None = None) -> int:
    """How many channels the scans of a prepared folder have.

    Args:
        dataset_dir: prepared folder.
        raw: names of the channels where nothing is prepared yet, as in MONAI Label; None is one.
    """
    path = Path(dataset_dir) / DATALIST
    if not path.is_file():
        return len(raw or [""])
    return len(read_datalist(path).get(SCAN, {}).get("channels", [""]))


def intensity_here(dataset_dir: str | Path, raw: str) -> str:
    """What the values of a prepared folder's scans mean, see :mod:`medssl.sources.intensity`.

    Args:
        dataset_dir: prepared folder.
        raw: rule where nothing is prepared yet, as in MONAI Label.
    """
    path = Path(dataset_dir) / DATALIST
    if not path.is_file():
        return raw
    return str(read_datalist(path).get(SCAN, {}).get("intensity", HU))


def read_datalist(path: Path) -> dict[str, Any]:
    """The content of a ``datalist.json``: common keys, and the items of each split.

    Raises:
        UserError: no such file, no data list, or the folder is being prepared right now.
    """
    if doing := being_prepared(path.parent):
        raise UserError(f"{path.parent} {doing}; wait until it has ended, then start again")
    if not path.is_file() and any((path.parent / SHARDS).glob("*.json")):
        raise UserError(
            f"{path.parent}: shards of a preparation are here, but no list of them all; run the "
            "same `medssl prepare` with --shard merge/N, N being the number of shards"
        )
    if not path.is_file():
        raise UserError(
            f"{path.parent}: not a prepared data set (no {DATALIST}); run "
            f"`medssl prepare images --source SCANS --output {path.parent}` first"
        )
    content = read_object(path, _MEND)
    check_form(content, _FORM, path, _MEND)
    return content


def classes_here(
    dataset_dir: str | Path,
    names: Sequence[str] | None = None,
    raw: Sequence[Sequence[int]] | None = None,
) -> list[list[int]]:
    """Classes of the label maps of a prepared folder: the regions that its source names, or values.

    Args:
        dataset_dir: prepared folder.
        names: of the classes that are wanted, in their order; None takes all.
        raw: the classes where nothing is prepared yet, as in MONAI Label; None is label 1 alone.

    Returns:
        The label values of each class, rising; of regions the largest first.

    Raises:
        UserError: the folder has no label maps, or no class of such a name.
    """
    path = Path(dataset_dir).absolute() / DATALIST
    given = [[1]] if raw is None else [list(values) for values in raw]
    groups = _groups_here(path) if path.is_file() else given
    if names is None:
        return groups
    called = dict(zip(class_names(dataset_dir, groups), groups, strict=True))
    wanted = list(map(str, names)) if isinstance(names, list | tuple) else [str(names)]
    plain = [plain_name(name) for name in wanted]
    if not plain or len(set(plain)) < len(plain) or not called.keys() >= set(plain):
        raise UserError(
            f"classes: names {wanted}, expected one or more of the classes of {dataset_dir}, each "
            f"once: {', '.join(called)}"
        )
    return [called[name] for name in plain]


def _groups_here(path: Path) -> list[list[int]]:
    listing = read_datalist(path)
    if regions := listing.get(REGIONS):
        return sorted((list(values) for values in regions.values()), key=lambda g: (-len(g), g))
    values = sorted(int(value) for value in listing.get("labels", {}) if int(value) > 0)
    if not values:
        raise UserError(
            f"{path.parent}: its scans have no label maps; prepare them with --labels, or as "
            "nnU-Net's or the Decathlon's data set"
        )
    return [[value] for value in values]


def class_names(
    dataset_dir: str | Path,
    classes: Sequence[Sequence[int]],
    names: Sequence[str] | None = None,
) -> list[str]:
    """Names of a task's classes, as the data list names the values of its label maps.

    Args:
        dataset_dir: prepared folder; where it is none, as in MONAI Label, the names are those given
            or, where these are of other classes, the label values.
        classes: the label values of each class.
        names: one for each class, where nothing is prepared.

    Returns:
        One name for each class, fit for file names and metrics, such as ``liver`` or ``1``; of
        several values that of their region, or ``liver_tumour``.
    """
    path = Path(dataset_dir).absolute() / DATALIST
    if names and len(names) == len(classes) and not path.is_file():
        return list(names)
    listing = read_datalist(path) if path.is_file() else {}
    labels = listing.get("labels", {})
    regions = {tuple(values): name for name, values in listing.get(REGIONS, {}).items()}
    named = [
        regions.get(tuple(sorted(values)))
        or "_".join(str(labels.get(str(value), value)) for value in values)
        for values in classes
    ]
    plain = [plain_name(name).removeprefix("label_") for name in named]
    return plain if len(set(plain)) == len(plain) else [str(n + 1) for n in range(len(plain))]


def plain_name(name: str) -> str:
    """A class's name as files and metrics carry it, ``left_lung``."""
    return re.sub(r"\W+", "_", name)
