"""The files of data sets that describe themselves: cases by folders, by lists, and their folds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ..errors import UserError
from ..store.splits import SPLITS
from .dataset_json import Described
from .pairing import Case
from .readers import Source, suffix_of

SPLITS_FINAL = "splits_final.json"
_CHANNEL = "_0000"
_SHOWN = 5


def read_nnunet(folder: Path) -> list[Case]:
    """Cases of ``imagesTr``, and those of ``imagesTs`` that have a label, as the test.

    Raises:
        UserError: no case, several channels, or a label without image.
    """
    cases = _cases_in(folder, "Tr")
    if not cases:
        raise UserError(f"{folder}: no imagesTr/<case>_0000.*; give the folder DatasetNNN_Name")
    if (folder / "labelsTs").is_dir():
        tested = [case for case in _cases_in(folder, "Ts") if case.label is not None]
        cases += [replace(case, split=SPLITS[2]) for case in tested]
    return cases


def _cases_in(folder: Path, part: str) -> list[Case]:
    """Cases of ``imagesTr`` or ``imagesTs``, by the names of nnU-Net's files."""
    images = sorted((folder / f"images{part}").glob("[!.]*"))
    labels = {_stem(path): path for path in (folder / f"labels{part}").glob("[!.]*")}
    further = [path.name for path in images if not _stem(path).endswith(_CHANNEL)]
    if further:
        raise UserError(
            f"{folder}: images{part} holds {_some(further)}, expected one channel "
            f"(<case>{_CHANNEL}) as dataset.json says"
        )
    cases = []
    for path in images:
        name = _stem(path).removesuffix(_CHANNEL)
        label = labels.pop(name, None)
        beside = None if label is None else _source(folder, label)
        cases.append(Case(name, _source(folder, path), beside, patient_from="name"))
    if labels:
        alone = _some([path.name for path in labels.values()])
        raise UserError(f"{folder}: no image in images{part} for labels{part}/{alone}")
    return cases


def read_decathlon(folder: Path, described: Described) -> list[Case]:
    """Pairs that ``dataset.json`` lists under ``training``.

    Raises:
        UserError: it lists none, or one that is missing.
    """
    cases = []
    for image, label in described.training:
        paths = [folder / name for name in (image, label) if name]
        if missing := [path for path in paths if not path.is_file()]:
            raise UserError(f"{described.path}: lists {missing[0]}, which is not there")
        first, *others = (_source(folder, path) for path in paths)
        beside = others[0] if others else None
        cases.append(Case(_stem(paths[0]), first, beside, patient_from="name"))
    if not cases:
        raise UserError(f"{described.path}: lists no scan under training")
    return cases


def read_splits(
    folder: Path, splits: str | Path | None, cases: Sequence[Case]
) -> tuple[tuple[str, ...], ...]:
    """Ids that each fold of nnU-Net's ``splits_final.json`` validates on; none without the file.

    Args:
        folder: of the data set, where the file may lie.
        splits: the file, if it lies elsewhere (nnU-Net keeps it in ``nnUNet_preprocessed``).
        cases: of the data set.

    Raises:
        UserError: no such file, not nnU-Net's, or of other cases.
    """
    path = folder / SPLITS_FINAL if splits is None else Path(splits)
    if not path.is_file():
        if splits is None:
            return ()
        raise UserError(f"splits: {path} is no file; give nnU-Net's {SPLITS_FINAL}")
    try:
        folds = json.loads(path.read_text(encoding="utf-8"))
        tested = tuple(tuple(map(str, fold["val"])) for fold in folds)
        named = {str(name) for fold in folds for part in ("train", "val") for name in fold[part]}
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"splits: {path} is not nnU-Net's {SPLITS_FINAL} ({error!r})") from error
    if unknown := sorted(named - {case.id for case in cases}):
        raise UserError(f"splits: {path} names {_some(unknown)}, which the data set does not hold")
    return tested


def _source(folder: Path, path: Path) -> Source:
    return Source(path.relative_to(folder).as_posix(), path, (path,))


def _stem(path: Path) -> str:
    return path.name.removesuffix(suffix_of(path))


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
