"""Which raw files are the channels of one case."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from .case_channels import volumes_in
from .formats import suffix_of
from .scan import BrokenScanError, Source

_CHANNEL = re.compile(r"(.+)_(\d{4})")


@dataclass(frozen=True)
class Grouped:
    """A case of several channels.

    Attributes:
        source: named as the case is.
        paths: of its channels, in order; empty where it cannot be used.
        reason: why not.
    """

    source: Source
    paths: tuple[str, ...] = ()
    reason: str = ""


def name_by_case(sources: Sequence[Source]) -> list[Source]:
    """Scans of one channel under their cases' names, if all of them are nnU-Net's ``_0000``."""
    matches = [_CHANNEL.fullmatch(source.stem) for source in sources]
    if not all(match and int(match[2]) == 0 for match in matches):
        return list(sources)
    return [
        replace(source, name=match[1] + suffix_of(source.path))
        for source, match in zip(sources, matches, strict=True)
        if match
    ]


def group_channels(sources: Sequence[Source], channels: int) -> list[Grouped]:
    """Cases of so many channels, sorted by name.

    Channels are files ``<case>_0000`` and so on, or the volumes ``file#0`` and so on of a
    four-dimensional NIfTI. A file that is neither, and a case with more or fewer channels, is one
    that cannot be used.

    Args:
        sources: scans that were found.
        channels: how many a case must have, two or more.
    """
    numbered: dict[str, list[tuple[int, Source]]] = defaultdict(list)
    cases = []
    for source in sources:
        if match := _CHANNEL.fullmatch(source.stem):
            numbered[match[1]].append((int(match[2]), source))
        else:
            cases.append(_of_one_file(source, channels))
    taken = {case.source.name for case in cases}
    for name, files in numbered.items():
        found = sorted(files, key=lambda each: each[0])
        case = _of_files(name, found, channels)
        cases.append(replace(case, source=found[0][1]) if case.source.name in taken else case)
    return sorted(cases, key=lambda case: case.source.name)


def _of_files(name: str, found: Sequence[tuple[int, Source]], channels: int) -> Grouped:
    numbers, first = [number for number, _ in found], found[0][1]
    case = replace(first, name=name + suffix_of(first.path))
    if numbers == list(range(channels)):
        return Grouped(case, tuple(str(source.path) for _, source in found))
    return Grouped(
        case,
        reason=f"{name} has channel(s) {numbers}, the model sees {channels} ({name}_0000 to "
        f"{name}_{channels - 1:04d})",
    )


def _of_one_file(source: Source, channels: int) -> Grouped:
    try:
        count = volumes_in(source)
    except BrokenScanError as error:
        return Grouped(source, reason=str(error))
    if count == channels:
        return Grouped(source, tuple(f"{source.path}#{number}" for number in range(count)))
    return Grouped(
        source,
        reason=f"{count} channel(s), the model sees {channels}: give files named <case>_0000 to "
        f"<case>_{channels - 1:04d}, or one four-dimensional NIfTI",
    )
