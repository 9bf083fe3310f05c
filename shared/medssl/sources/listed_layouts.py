"""The files of data sets that describe themselves: cases by folders, or by lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ..errors import UserError
from ..store.splits import SPLITS
from .case_channels import each_channel, with_volumes
from .dataset_json import NAME, Described
from .formats import files_of, suffix_of
from .pairing import Case
from .scan import Source
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
        labelled = None if label is None else _source(folder, label)
        case = Case(name, sources[0], labelled, name, patient_from="name", channels=tuple(sources))
        cases += each_channel([case])
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


def _is_file(path: Path) -> bool:
    """Whether there is such a file; a name that no file can have is none."""
    try:
        return path.is_file()
    except OSError:
        return False


def read_decathlon(folder: Path, described: Described) -> list[Case]:
    """Pairs that ``dataset.json`` lists under ``training``.

    Raises:
        UserError: it lists none, one that is missing, or one outside of the folder.
    """
    cases = []
    for image, label in described.training:
        paths = [folder / name for name in (image, label) if name]
        for path in paths:
            if not _is_file(path):
                raise UserError(f"{described.path}: lists {path}, which is not there")
            if not path.is_relative_to(folder):
                raise UserError(
                    f"{described.path}: lists {path}, expected a path relative to {folder}"
                )
        first, *others = (_source(folder, path) for path in paths)
        name = name_of(paths[0])
        case = Case(name, first, others[0] if others else None, name, patient_from="name")
        cases += each_channel([with_volumes(case, described.channels)])
    if not cases:
        raise UserError(f"{described.path}: lists no scan under training")
    return cases


def _source(folder: Path, path: Path) -> Source:
    return Source(path.relative_to(folder).as_posix(), path, files_of(path))


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
