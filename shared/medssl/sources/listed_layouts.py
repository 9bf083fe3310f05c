"""The files of data sets that describe themselves: cases by folders, by lists, and their folds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ..errors import UserError
from ..store.joined import CASE, CHANNEL
from ..store.splits import SPLITS
from .dataset_json import Described
from .nifti_file import count_volumes
from .pairing import Case
from .readers import Source, suffix_of

SPLITS_FINAL = "splits_final.json"
_SHOWN = 5


def read_nnunet(folder: Path, described: Described) -> list[Case]:
    """Channels of the cases in ``imagesTr``, and of those in ``imagesTs`` that have a label.

    The latter are the test.

    Raises:
        UserError: no case, more or fewer channels than described, or a label without image.
    """
    channels = described.channels
    cases = _cases_in(folder, "Tr", channels)
    if not cases:
        raise UserError(f"{folder}: no imagesTr/<case>_0000.*; give the folder DatasetNNN_Name")
    if (folder / "labelsTs").is_dir():
        cases += [replace(case, split=SPLITS[2]) for case in _labelled_test(folder, channels)]
    return cases


def _labelled_test(folder: Path, channels: Sequence[str]) -> list[Case]:
    cases = _cases_in(folder, "Ts", channels)
    labelled = {case.patient for case in cases if case.label is not None}
    return [case for case in cases if case.patient in labelled]


def _cases_in(folder: Path, part: str, channels: Sequence[str]) -> list[Case]:
    """Channels of the cases in ``imagesTr`` or ``imagesTs``, by the names of nnU-Net's files."""
    wanted = [f"_{number:04d}" for number in range(len(channels))]
    found: dict[str, dict[str, Path]] = {}
    for path in sorted((folder / f"images{part}").glob("[!.]*")):
        stem = _stem(path)
        found.setdefault(stem[:-5], {})[stem[-5:]] = path
    labels = {_stem(path): path for path in (folder / f"labels{part}").glob("[!.]*")}
    cases = []
    for name, paths in found.items():
        if sorted(paths) != wanted:
            raise UserError(
                f"{folder}: images{part} holds {_some([p.name for p in paths.values()])}, expected "
                f"{name}{wanted[0]}"
                + (f" to {name}{wanted[-1]}" if len(wanted) > 1 else "")
                + f" ({', '.join(channels)}), as dataset.json says"
            )
        sources = [_source(folder, paths[number]) for number in wanted]
        label = labels.pop(name, None)
        cases += channel_cases(name, sources, None if label is None else _source(folder, label))
    if labels:
        alone = _some([path.name for path in labels.values()])
        raise UserError(f"{folder}: no image in images{part} for labels{part}/{alone}")
    return cases


def channel_cases(name: str, sources: Sequence[Source], label: Source | None) -> list[Case]:
    """A case for each channel, of one patient; the first one has the label."""
    if len(sources) == 1:
        return [Case(name, sources[0], label, name, patient_from="name")]
    return [
        Case(
            f"{name}_{number:04d}",
            source,
            label if number == 0 else None,
            name,
            facts={CASE: name, CHANNEL: number},
            patient_from="name",
        )
        for number, source in enumerate(sources)
    ]


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
        sources = _volumes(first, described)
        cases += channel_cases(_stem(paths[0]), sources, others[0] if others else None)
    if not cases:
        raise UserError(f"{described.path}: lists no scan under training")
    return cases


def _volumes(source: Source, described: Described) -> list[Source]:
    """The channels of a file, which the Decathlon keeps along its fourth axis."""
    wanted = len(described.channels)
    if wanted == 1:
        return [source]
    try:
        count = count_volumes(source.path)
    except Exception as error:  # nibabel's own, for damaged files
        raise UserError(f"{source.path}: cannot be read ({error})") from error
    if count != wanted:
        raise UserError(
            f"{source.path}: holds {count} volume(s), {described.path} names {wanted} channels "
            f"({', '.join(described.channels)})"
        )
    return [
        replace(source, name=f"{source.name}#{number}", channel=number) for number in range(count)
    ]


def read_splits(
    folder: Path, splits: str | Path | None, cases: Sequence[Case]
) -> tuple[tuple[str, ...], ...]:
    """Cases that each fold of nnU-Net's ``splits_final.json`` validates on; none without the file.

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
    if unknown := sorted(named - {str(case.patient) for case in cases}):
        raise UserError(f"splits: {path} names {_some(unknown)}, which the data set does not hold")
    return tested


def _source(folder: Path, path: Path) -> Source:
    return Source(path.relative_to(folder).as_posix(), path, (path,))


def _stem(path: Path) -> str:
    return path.name.removesuffix(suffix_of(path))


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
