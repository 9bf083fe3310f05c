"""What a child's ending means, compared with that of the good example."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISDIR

from medssl.errors import DEBUG

from .kind import HOME, IN, OUT, TEMPORARY, Damaged, Kind
from .names import named
from .trial import ENDED, FAILED, HANGS, MEMORY, REFUSED, Ending

CLEAR, UNNAMED, EARLY = "clear refusal", "cause not named", "MONAI's traceback"
SAME, UNSEEN = "unaffected", "seen by no check"
FAULTS = ("traceback", "hang", "memory", "silent damage", "files outside")
TRACEBACK, HANG, TOO_MUCH, SILENT, OUTSIDE = FAULTS
_LONGEST = 1100  # characters of a line that somebody reads
BESIDE = 3  # lines beside a refusal, at most: among more it is not seen
_TIME = re.compile(r"^\d{4}-\d\d-\d\d [\d:,]+ - ")  # ahead of a line of a log


@dataclass(frozen=True)
class Verdict:
    """What became of one input, and the words or the place for whoever looks."""

    what: str
    detail: str


def judge(kind: Kind, damaged: Damaged, found: Ending, good: Ending) -> Verdict:
    """See the issue's list; the first that holds.

    Args:
        kind: of the input.
        damaged: file that was damaged, and how.
        found: ending on the damaged copy.
        good: ending on the example.
    """
    if found.how == HANGS:
        return Verdict(HANG, found.text)
    if found.peak - good.peak > MEMORY or "MemoryError" in found.text:
        return Verdict(TOO_MUCH, f"{(found.peak - good.peak) >> 20} MiB more; {found.text}")
    if found.how == FAILED and not (kind.program and DEBUG in found.text):
        early = kind.early and not found.text.startswith(ENDED)
        return Verdict(EARLY if early else TRACEBACK, found.text)
    if found.how in (REFUSED, FAILED):
        return _of_refusal(kind, damaged, found, good)
    if found.text == good.text:
        return Verdict(SAME, "")
    if told := _told(kind, damaged, found, good):
        return Verdict(CLEAR, told)
    reason = kind.reason(damaged.what)
    return Verdict(UNSEEN if reason else SILENT, reason or found.text[:300])


def _of_refusal(kind: Kind, damaged: Damaged, found: Ending, good: Ending) -> Verdict:
    lines = [line for line in found.text.splitlines() if line.strip()]
    if len(lines) != 1 or len(found.text) > _LONGEST:
        size = f"{len(lines)} lines, {len(found.text)} characters"
        return Verdict(TRACEBACK, f"{size}: {found.text}")
    if "Traceback (most recent" in found.said:
        return Verdict(TRACEBACK, f"a traceback beside it: {found.text}")
    if len(beside := _beside(found, good)) > BESIDE:
        return Verdict(TRACEBACK, f"{len(beside)} lines beside it: {found.text} | {beside[0]}")
    if named(found.text, damaged, kind.whole):
        return Verdict(CLEAR, found.text)
    if kind.named:
        return Verdict(TRACEBACK, f"{damaged.path.name} is not named: {found.text}")
    return Verdict(UNNAMED, found.text)


def _told(kind: Kind, damaged: Damaged, found: Ending, good: Ending) -> str:
    """The line, beyond those of the good example, that names what is damaged; else nothing."""
    lines = sorted({*_beside(found, good)} - {*_lines(good)})
    return next((line for line in lines if named(line, damaged, kind.whole)), "")


def _beside(found: Ending, good: Ending) -> list[str]:
    """Lines, bars apart, that the good example does not say, or not as often."""
    lines = (Counter(_lines(found)) - Counter(_lines(good))).elements()
    return [line for line in lines if line.strip() and "%|" not in line]


def _lines(ending: Ending) -> list[str]:
    """What was said, but for when and in which of the cases."""
    said = ending.said.replace(str(ending.case), "")
    return [_TIME.sub("", line) for line in said.splitlines()]


def outside(case: Path, before: dict[str, int], kept: bool) -> list[str]:
    """Files of a case that are new or changed, but for those that may be; and new folders."""
    after = listed(case)
    free = (OUT,) if kept else (OUT, IN)
    return sorted(
        name
        for name in {*before, *after}
        if before.get(name) != after.get(name) and Path(name).parts[0] not in free
    )


def listed(case: Path) -> dict[str, int]:
    """What is below a case: size and time of each file, folders by their names."""
    return dict(_files(case))


def _files(case: Path) -> Iterator[tuple[str, int]]:
    for path in case.rglob("*"):
        name, stat = str(path.relative_to(case)), path.lstat()
        if not S_ISDIR(stat.st_mode):
            yield name, hash((stat.st_size, stat.st_mtime_ns))
        elif name not in (HOME, TEMPORARY):
            yield name, 0


def remove(case: Path) -> None:
    """Remove a case, whatever rights its folders were given."""
    shutil.rmtree(case, ignore_errors=True)
