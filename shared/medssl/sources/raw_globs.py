"""Raw scans for inference by the patterns that ``medssl prepare images`` takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ..errors import UserError
from .channel_files import Grouped
from .channel_globs import find_channel_cases
from .formats import suffix_of
from .globs import translate_all
from .pairing import Case, find_cases, some, sources_below
from .readers import ACCEPTED, Source


def matching(folder: Path, pattern: str) -> list[Source]:
    """The scans below ``folder`` whose relative path fits a glob pattern.

    Raises:
        UserError: no folder, or none does.
    """
    rule = translate_all(pattern)
    sources = sources_below(folder)
    found = [source for source in sources if rule.fullmatch(source.name)]
    if not found:
        names = some([source.name for source in sources])
        hint = f"its scans are called {names}" if "#" in pattern else f"expected {ACCEPTED}"
        raise UserError(f"images: nothing in {folder} matches {pattern!r}; {hint}")
    return found


def named_cases(
    folder: Path, globs: Mapping[str, str], channels: int, names: Sequence[str] | None = None
) -> list[Grouped]:
    """The cases below ``folder`` by a named pattern for each channel, sorted by id.

    Args:
        folder: searched recursively.
        globs: pattern of each channel by its name, one or more.
        channels: how many the model sees.
        names: of the model's channels; None where nobody knows, and the order given counts.

    Returns:
        The cases, named by their ids as in preparation; one that cannot be used says why.

    Raises:
        UserError: other channels than the model's, or patterns that find no clear cases.
    """
    _check_channels(list(globs), channels, names)
    if len(globs) > 1:
        cases = find_channel_cases(folder, globs)
    else:
        cases = find_cases(folder, next(iter(globs.values())))
    return [_grouped(case) for case in cases]


def _check_channels(given: list[str], channels: int, names: Sequence[str] | None) -> None:
    """Refuse channels that the model does not see, and those that it sees in another order."""
    if given == list(names or given) and len(given) == channels:
        return
    known = f": {', '.join(names)}" if names else ""
    raise UserError(
        f"images: its channels are {', '.join(given)}, the model sees {channels}{known}; give a "
        f"pattern for each of these, in this order, as {each_named(channels, names)}"
    )


def each_named(channels: int, names: Sequence[str] | None = None) -> str:
    """How ``images`` is written with a pattern for each channel, ``flair=...,t1=...``."""
    return ",".join(f"{name}=..." for name in names or (f"name{n + 1}" for n in range(channels)))


def _grouped(case: Case) -> Grouped:
    sources = case.channels or (case.image,)
    named = replace(sources[0], name=case.id + suffix_of(sources[0].path))
    return Grouped(named, () if case.fault else tuple(each.place for each in sources), case.fault)
