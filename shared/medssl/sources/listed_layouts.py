"""The files of data sets that describe themselves: cases by folders, or by lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ..errors import UserError
from ..store.joined import CASE, CHANNEL
from ..store.splits import SPLITS
from .dataset_json import NAME, Described
from .formats import files_of, suffix_of
from .nifti_file import count_volumes
from .pairing import Case
from .scan import BrokenScanError, Source
from .scan_names import name_of

_SHOWN = 5


def read_nnunet(folder: Path, described: Described) -> list[Case]:
    """Channels of the cases in ``imagesTr``, and of those in ``imagesTs`` that have a label.

    The latter are the test.

    Raises:
        UserError: no case, more channels than described, two scans of one name, or a label without
            image.
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
    """Channels of the cases in ``imagesTr`` or ``imagesTs``, by the names of nnU-Net's files.

    A channel that is missing is a file that is not there: preparation names it, or leaves the case
    out.
    """
    wanted = [f"_{number:04d}" for number in range(len(channels))]
    found: dict[str, dict[str, Path]] = {}
    for stem, path in _scans(folder / f"images{part}").items():
        found.setdefault(stem[:-5], {})[stem[-5:]] = path
    labels = _scans(folder / f"labels{part}")
    cases = []
    for name, paths in found.items():
        if more := sorted(paths.keys() - set(wanted)):
            raise UserError(
                f"{folder}: images{part} holds {paths[more[0]].name}, expected {name}{wanted[0]}"
                + (f" to {name}{wanted[-1]}" if len(wanted) > 1 else "")
                + f" ({', '.join(channels)}), as {NAME} says; correct its channel_names, or "
                "write one, or rename the file"
            )
        any_path = next(iter(paths.values()))
        ending = suffix_of(any_path)
        files = [paths.get(n, any_path.with_name(f"{name}{n}{ending}")) for n in wanted]
        label = labels.pop(name, None)
        sources = [_source(folder, path) for path in files]
        cases += channel_cases(name, sources, None if label is None else _source(folder, label))
    if labels:
        alone = _some([path.name for path in labels.values()])
        raise UserError(f"{folder}: no image in images{part} for labels{part}/{alone}")
    return cases


def _scans(folder: Path) -> dict[str, Path]:
    """The scans of a folder by their names without suffix; other files are passed over.

    Raises:
        UserError: two of one name.
    """
    found: dict[str, Path] = {}
    for path in sorted(folder.glob("[!.]*")):
        if not suffix_of(path) or path.is_dir():
            continue
        stem = name_of(path)
        if stem in found:
            raise UserError(
                f"{folder}: {found[stem].name} and {path.name} are one scan by name; remove one"
            )
        found[stem] = path
    return found


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
        UserError: it lists none, one that is missing, or one outside of the folder.
    """
    cases = []
    for image, label in described.training:
        paths = [folder / name for name in (image, label) if name]
        for path in paths:
            if not path.is_file():
                raise UserError(f"{described.path}: lists {path}, which is not there")
            if not path.is_relative_to(folder):
                raise UserError(
                    f"{described.path}: lists {path}, expected a path relative to {folder}"
                )
        first, *others = (_source(folder, path) for path in paths)
        sources = _volumes(first, described)
        cases += channel_cases(name_of(paths[0]), sources, others[0] if others else None)
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
    except BrokenScanError as error:
        raise UserError(f"{source.path}: {error}") from error
    if count != wanted:
        raise UserError(
            f"{source.path}: holds {count} volume(s), {described.path} names {wanted} channels "
            f"({', '.join(described.channels)})"
        )
    return [
        replace(source, name=f"{source.name}#{number}", channel=number) for number in range(count)
    ]


def _source(folder: Path, path: Path) -> Source:
    return Source(path.relative_to(folder).as_posix(), path, files_of(path))


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
