"""Cases of several channels: volumes of one file, and a case to prepare for each channel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..errors import UserError
from ..store.joined import CASE, CHANNEL
from .formats import NIFTI, suffix_of
from .nifti_file import count_volumes
from .pairing import Case
from .scan import BrokenScanError, Source


def each_channel(cases: Sequence[Case]) -> list[Case]:
    """A case for each channel, of one patient; the first one has the label."""
    return [one for case in cases for one in _apart(case)]


def with_volumes(case: Case, names: Sequence[str]) -> Case:
    """A case of one file with the volumes along its fourth axis for channels.

    Args:
        case: its image is a four-dimensional NIfTI.
        names: of the channels; of one, the image is left as it is.

    Returns:
        The case; one that cannot be used where the file has more or fewer volumes.
    """
    if len(names) == 1:
        return case
    try:
        count = volumes_in(case.image)
    except BrokenScanError as error:
        return replace(case, fault=str(error))
    if count != len(names):
        channels = f"{len(names)} channels ({', '.join(names)})"
        return replace(case, fault=f"holds {count} volume(s), expected {channels}")
    image = case.image
    volumes = [replace(image, name=f"{image.name}#{n}", channel=n) for n in range(count)]
    return replace(case, channels=tuple(volumes))


def volumes_in(source: Source) -> int:
    """How many volumes a scan's file holds along its fourth axis.

    Raises:
        BrokenScanError: it is damaged or of another kind.
    """
    if source.series or suffix_of(source.path).lower() not in NIFTI:
        return 1
    return count_volumes(source.path)


def check_names(names: Sequence[str], key: str) -> tuple[str, ...]:
    """The names of channels, without blanks around them.

    Raises:
        UserError: one is empty or there twice; the message begins with ``key``.
    """
    found = tuple(name.strip() for name in names)
    if not all(found):
        raise UserError(f"{key}: a channel without name; give each one, such as flair,t1,t1ce,t2")
    if twice := [name for name in found if found.count(name) > 1]:
        raise UserError(f"{key}: {twice[0]} names two channels; give each a name of its own")
    return found


def _apart(case: Case) -> list[Case]:
    if case.fault or len(case.channels) < 2:
        return [case]
    return [
        replace(
            case,
            id=f"{case.id}_{number:04d}",
            image=source,
            label=case.label if number == 0 else None,
            facts={**case.facts, CASE: case.id, CHANNEL: number},
            channels=(),
        )
        for number, source in enumerate(case.channels)
    ]
