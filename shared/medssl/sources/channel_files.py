"""Which raw files are the channels of one case."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ..errors import UserError
from .formats import NIFTI, suffix_of
from .nifti_file import count_volumes
from .scan import Source

_CHANNEL = re.compile(r"(.+)_(\d{4})")


def group_channels(sources: Sequence[Source], channels: int) -> list[tuple[Source, list[str]]]:
    """Cases of so many channels.

    Args:
        sources: scans that were found.
        channels: how many a case must have, two or more.

    Returns:
        For each case a source that is named as the case is, and the path of each channel in order:
        files ``<case>_0000`` and so on, or ``file#0`` and so on of a four-dimensional NIfTI.

    Raises:
        UserError: a file that is neither, or a case with more or fewer channels.
    """
    numbered: dict[str, dict[int, Source]] = {}
    cases = []
    for source in sources:
        if match := _CHANNEL.fullmatch(source.stem):
            numbered.setdefault(match[1], {})[int(match[2])] = source
        else:
            cases.append((source, _volumes(source, channels)))
    for name, found in numbered.items():
        if sorted(found) != list(range(channels)):
            raise UserError(
                f"{next(iter(found.values())).name}: {name} has channel(s) {sorted(found)}, the "
                f"model sees {channels} ({name}_0000 to {name}_{channels - 1:04d})"
            )
        case = replace(found[0], name=name + suffix_of(found[0].path))
        cases.append((case, [str(found[number].path) for number in range(channels)]))
    return sorted(cases, key=lambda case: case[0].name)


def _volumes(source: Source, channels: int) -> list[str]:
    count = 1
    if not source.series and suffix_of(source.path).lower() in NIFTI:
        try:
            count = count_volumes(source.path)
        except Exception as error:  # nibabel's own, for damaged files
            raise UserError(f"{source.path}: cannot be read ({error})") from error
    if count != channels:
        raise UserError(
            f"{source.path}: {count} channel(s), the model sees {channels}: give files named "
            f"<case>_0000 to <case>_{channels - 1:04d}, or one four-dimensional NIfTI"
        )
    return [f"{source.path}#{number}" for number in range(channels)]
