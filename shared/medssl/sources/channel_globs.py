"""Cases of several channels by a glob pattern for each: ``t1=*/t1.nii,t2=*/t2.nii``."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ..errors import UserError
from .case_channels import check_names
from .globs import translate_all
from .pairing import Case, check_ids, safe_id, some, sources_below
from .readers import ACCEPTED, Source

_NAME = re.compile(r"(?:^|,)\s*([^,=/*?]*)=")
_AROUND = "_-. "

Found = dict[str, list[Source]]


def read_globs(images: str) -> dict[str, str]:
    """The patterns of ``name=pattern,name=pattern`` by their names, in the order given.

    Args:
        images: what a user gives. A name holds none of ``,=/*?``, so that ``./a=b/*.nii`` is one
            pattern without name.

    Returns:
        The patterns; empty for one pattern without name.

    Raises:
        UserError: no text, a pattern without name beside others, or names that are empty or there
            twice.
    """
    if not isinstance(images, str):
        raise UserError(
            f"images: {images!r}, expected text: one pattern, or name=pattern,name=pattern for "
            "several channels"
        )
    start, *rest = _NAME.split(images)
    if not rest:
        return {}
    if start.strip(", "):
        raise UserError(f"images: {start!r} has no name; write name=pattern for each channel")
    return dict(zip(check_names(rest[::2], "images"), map(str.strip, rest[1::2]), strict=True))


def find_channel_cases(
    folder: Path, globs: Mapping[str, str], labels: str | None = None
) -> list[Case]:
    """List the cases of several channels below ``folder``, sorted by id.

    Files belong together where the wildcards of their patterns match the same text, but for signs
    at the ends of names: ``**/*flair.nii`` and ``**/*t1.nii`` pair ``p7/x_flair.nii`` with
    ``p7/x_t1.nii``, as case ``p7__x``. What says the same as the folder around it is left out.

    Args:
        folder: searched recursively.
        globs: pattern of each channel by its name, two or more.
        labels: the same for label maps.

    Returns:
        The cases with their channels in order. One that lacks a channel, or has two files for it,
        comes with that for a fault.

    Raises:
        UserError: no folder, a pattern without wildcard or that nothing matches, a file that two
            patterns take, or labels without image.
    """
    sources = sources_below(folder)
    label_of = {} if labels is None else _by_id(folder, sources, labels, "labels")
    drawn = {source.name for found in label_of.values() for source in found}
    rest = [source for source in sources if source.name not in drawn]
    taken = {name: _by_id(folder, rest, glob, "images") for name, glob in globs.items()}
    _check_apart(globs, taken)
    ids = sorted({name for found in taken.values() for name in found})
    check_ids({name: next(f[name][0] for f in taken.values() if name in f) for name in ids})
    _check_labels(label_of, ids)
    return [
        _case(name, {c: found.get(name, []) for c, found in taken.items()}, globs, label_of)
        for name in ids
    ]


def _by_id(folder: Path, sources: Iterable[Source], pattern: str, key: str) -> Found:
    """The scans that a pattern takes, by what its wildcards match in them."""
    if not re.search(r"[*?]", pattern):
        raise UserError(
            f"{key}: {pattern!r} has no *; what the * match says whose a file is, such as its "
            f"folder in '**/{pattern.rpartition('/')[2]}'"
        )
    rule = translate_all(pattern)
    found: Found = defaultdict(list)
    for source in sources:
        if hit := rule.fullmatch(source.name):
            if not (name := _id_of(hit.groups())):
                raise UserError(
                    f"{key}: the * of {pattern!r} match nothing in {source.name} that names its "
                    "case; give the folder above, or another pattern"
                )
            found[name].append(source)
    if not found:
        raise UserError(f"{key}: nothing in {folder} matches {pattern!r}; expected {ACCEPTED}")
    return dict(found)


def _id_of(matched: Iterable[str]) -> str:
    words = [w for text in matched for name in text.split("/") if (w := name.strip(_AROUND))]
    return safe_id(
        "/".join(w for place, w in enumerate(words) if place == 0 or w != words[place - 1])
    )


def _check_apart(globs: Mapping[str, str], taken: Mapping[str, Found]) -> None:
    """Refuse a file that is two channels, such as ``t1ce.nii`` of ``t1*`` and ``t1ce*``."""
    channel_of: dict[str, str] = {}
    for channel, found in taken.items():
        for source in (source for sources in found.values() for source in sources):
            other = channel_of.setdefault(source.name, channel)
            if other != channel:
                raise UserError(
                    f"images: {other} ({globs[other]!r}) and {channel} ({globs[channel]!r}) both "
                    f"take {source.name}; narrow the one that takes too much"
                )


def _check_labels(label_of: Found, ids: Sequence[str]) -> None:
    if several := [found for found in label_of.values() if len(found) > 1]:
        one, other = several[0][:2]
        raise UserError(f"labels: {one.name} and {other.name} are of one case; narrow the pattern")
    if orphans := [found[0].name for name, found in label_of.items() if name not in ids]:
        raise UserError(
            f"labels: no image has the id of {some(orphans)}; images have ids like {some(ids, 2)}: "
            "make the * of all patterns match the same text"
        )


def _case(
    name: str, found: Mapping[str, list[Source]], globs: Mapping[str, str], label_of: Found
) -> Case:
    label = next(iter(label_of.get(name, [])), None)
    channels = tuple(sources[0] for sources in found.values() if sources)
    return Case(name, channels[0], label, channels=channels, fault=_fault(name, found, globs))


def _fault(name: str, found: Mapping[str, list[Source]], globs: Mapping[str, str]) -> str:
    """Why a case cannot be used; empty where it has one file for each channel."""
    if missing := [channel for channel, sources in found.items() if not sources]:
        first, *others = [channel for channel, sources in found.items() if sources]
        narrow = "" if others else f"; or does {first} ({globs[first]!r}) take too much?"
        return f"its case {name} has no {', '.join(missing)}{narrow}"
    for channel, sources in found.items():
        if len(sources) > 1:
            files = f"{sources[0].name}, {sources[1].name}"
            return f"its case {name} has {len(sources)} files for {channel} ({files})"
    return ""
