"""Names of scans that leave a doubt: one patient, or several?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import pairwise, takewhile

CHANNEL = re.compile(r"(.+)_(\d{4})")  # nnU-Net's names
_MOST_SCANS = 12  # of one patient; larger groups are batches, centres or numberings
_FEW = 4  # files numbered from 0000 that may well be the channels of one
_UID = re.compile(r"\d+(?:\.\d+){5,}|2\.25\.\d+")
_DATE = re.compile(
    r"(?<!\d)(?:19|20)\d\d[-_.]?(?:0[1-9]|1[0-2])[-_.]?(?:0[1-9]|[12]\d|3[01])(?!\d)"
)
_COUNTED = "visit|vis|session|sess|ses|timepoint|tp|week|month|year|day|phase|followup|fu"
_VISIT = re.compile(
    rf"(?:{_COUNTED})\d*|(?:scan|series|ser|recon)?(?:pre|post)(?:op)?|before|after|baseline|bl|"
    r"follow|up|rescan|repeat|retest|initial|arterial|venous|portal|delayed|native|plain|"
    r"(?:non|un)?(?:contrast|enhanced)|n?ce|ncct|cect|insp(?:iration)?|exp(?:iration)?|supine|"
    r"prone|left|right|cta?|pet|mri?|t1w?|t2w?|t1ce|flair|dwi|adc|axial|coronal|sagittal|"
    r"soft|sharp|smooth|lung|bone"
)
_COUNTER = re.compile(_COUNTED)
_BREAK = re.compile(r"[/_\-. #]")
_TAIL = re.compile(r"(?<=[a-z])\d+$|(?<=\d)[a-z]+$", re.IGNORECASE)


def find_doubts(stems: Iterable[str]) -> list[list[str]]:
    """Groups of scans that may be one patient or several, as far as their names tell.

    They are the same but for a visit, phase, side, modality or date (``a_pre`` and ``a_post``); or
    one is the other and something more (``scan`` and ``scan2``); or they are counted within what
    is counted (``P1_1``, ``P1_2``, ``P2_1``); or all folders hold the same names (``ct/a`` and
    ``mr/a``); or a handful is numbered from 0000. A group of more than 12 is no patient, and
    a DICOM UID is a name of its own.
    """
    names = sorted({stem for stem in stems if not _UID.fullmatch(_base(stem))})
    found = [
        *_groups(names, _without_visit).values(),
        *_copies(names),
        *_counted(names),
        *_same_in_all_folders(names),
        *_handful(names),
    ]
    unique = {tuple(group) for group in found if 1 < len(group) <= _MOST_SCANS}
    return [list(group) for group in sorted(unique)]


def _base(stem: str) -> str:
    return stem.rpartition("/")[2]


def _groups(names: Iterable[str], key: Callable[[str], str]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(key(name), []).append(name)
    return groups


def _without_visit(name: str) -> str:
    words = [word for word in _BREAK.split(_DATE.sub("", name.partition("#")[0].lower())) if word]
    counts = {at + 1 for at, (one, two) in enumerate(pairwise(words)) if _is_count(one, two)}
    kept = [w for at, w in enumerate(words) if at not in counts and not _VISIT.fullmatch(w)]
    return "_".join(kept)


def _is_count(word: str, following: str) -> bool:
    return bool(_COUNTER.fullmatch(word)) and following.isdigit()


def _copies(names: Sequence[str]) -> list[list[str]]:
    """A name, and those that go on where it ends; in sorted order they follow each other."""
    found = []
    for at, name in enumerate(names):
        rest = (names[place] for place in range(at + 1, len(names)))
        longer = takewhile(partial(_begins, name), rest)
        found.append([name, *(other for other in longer if _goes_on(name, other))])
    return found


def _begins(start: str, name: str) -> bool:
    return name.startswith(start)


def _goes_on(name: str, other: str) -> bool:
    end, start = name[-1], other[len(name)]
    return bool(_BREAK.match(start)) or start == "(" or (end.isdigit() != start.isdigit())


def _cuts(name: str) -> list[int]:
    """Where a name can be cut into what is counted first and what is counted within it."""
    tail = _TAIL.search(_base(name))
    ends = [len(name) - len(tail[0])] if tail else []
    return [match.start() for match in _BREAK.finditer(name)] + ends


def _counted(names: Sequence[str]) -> list[list[str]]:
    """Names that begin alike and go on like those that begin otherwise."""
    found = []
    cuts = {name: _cuts(name) for name in names}
    for level in range(max(map(len, cuts.values()), default=0)):
        cut = {name: places[level] for name, places in cuts.items() if len(places) > level}
        firsts = _groups(cut, lambda name, cut=cut: name[: cut[name]])  # type: ignore[misc]
        lasts = _groups(cut, lambda name, cut=cut: name[cut[name] :])  # type: ignore[misc]
        recurs = any(len(group) > 1 for group in lasts.values())
        if recurs and len(firsts) >= len(lasts):
            found += list(firsts.values())
    return found


def _same_in_all_folders(names: Sequence[str]) -> list[list[str]]:
    inside = [name for name in names if "/" in name]
    folders = _groups(inside, lambda name: name.partition("/")[0])
    held = {tuple(n.partition("/")[2] for n in group) for group in folders.values()}
    if len(folders) < 2 or len(held) != 1 or len(next(iter(held))) < 2:
        return []
    return list(_groups(inside, lambda name: name.partition("/")[2]).values())


def _handful(names: Sequence[str]) -> list[list[str]]:
    stems = _groups(names, lambda name: match[1] if (match := CHANNEL.fullmatch(name)) else "")
    return [
        group
        for stem, group in stems.items()
        if stem and len(group) <= _FEW and {n[-4:] for n in group} == _first(len(group))
    ]


def _first(count: int) -> set[str]:
    return {f"{number:04d}" for number in range(count)}
