"""What a child's ending means, compared with that of the good example."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from medssl.errors import DEBUG

from .kind import IN, OUT, Kind
from .trial import FAILED, HANGS, MEMORY, REFUSED, Ending

CLEAR, SAME, UNSEEN = "clear refusal", "unaffected", "seen by no check"
FAULTS = ("traceback", "hang", "memory", "silent damage", "files outside")
TRACEBACK, HANG, TOO_MUCH, SILENT, OUTSIDE = FAULTS
_LONGEST = 1100  # characters of a line that somebody reads


@dataclass(frozen=True)
class Verdict:
    """What became of one input, and the words or the place for whoever looks."""

    what: str
    detail: str


def judge(kind: Kind, damaged: Path, what: str, found: Ending, good: Ending) -> Verdict:
    """See the issue's list; the first that holds.

    Args:
        kind: of the input.
        damaged: file that was damaged.
        what: was done to it.
        found: ending on the damaged copy.
        good: ending on the example.
    """
    if found.how == HANGS:
        return Verdict(HANG, found.text)
    if found.peak - good.peak > MEMORY or "MemoryError" in found.text:
        return Verdict(TOO_MUCH, f"{(found.peak - good.peak) >> 20} MiB more; {found.text}")
    if found.how == FAILED and not (kind.program and DEBUG in found.text):
        return Verdict(TRACEBACK, found.text)
    if found.how in (REFUSED, FAILED):
        fault = _unclear(kind, damaged, found)
        return Verdict(TRACEBACK if fault else CLEAR, f"{fault}{found.text}")
    if found.text == good.text:
        return Verdict(SAME, "")
    if told := _told(found, good, damaged):
        return Verdict(CLEAR, told)
    reason = kind.reason(what)
    return Verdict(UNSEEN if reason else SILENT, reason or found.text[:300])


def _unclear(kind: Kind, damaged: Path, found: Ending) -> str:
    """Why a refusal is no clear line; nothing where it is."""
    lines = [line for line in found.text.splitlines() if line.strip()]
    if len(lines) != 1 or len(found.text) > _LONGEST:
        return f"{len(lines)} lines, {len(found.text)} characters: "
    if "Traceback (most recent" in found.said:
        return "a traceback beside it: "
    if kind.named and not any(name in found.text for name in (damaged.name, damaged.stem)):
        return f"{damaged.name} is not named: "
    return ""


def _told(found: Ending, good: Ending, damaged: Path) -> str:
    """The line, beyond those of the good example, that names the file; nothing where none does."""
    lines = set(found.said.splitlines()) - set(good.said.splitlines())
    return next((line for line in sorted(lines) if damaged.stem in line and "%|" not in line), "")


def outside(case: Path, before: dict[str, int], kept: bool) -> list[str]:
    """Files of a case that are new or changed, but for those that may be."""
    after = listed(case)
    free = (OUT,) if kept else (OUT, IN)
    return sorted(
        name
        for name in {*before, *after}
        if before.get(name) != after.get(name) and Path(name).parts[0] not in free
    )


def listed(case: Path) -> dict[str, int]:
    """Size and time of each file below a case, folders left out; what is in ``tmp`` is free."""
    return dict(_files(case))


def _files(case: Path) -> Iterator[tuple[str, int]]:
    for path in case.rglob("*"):
        name = path.relative_to(case)
        if name.parts[0] != "tmp" and not path.is_dir():
            stat = path.lstat()
            yield str(name), hash((stat.st_size, stat.st_mtime_ns))


def remove(case: Path) -> None:
    """Remove a case, whatever rights its folders were given."""
    shutil.rmtree(case, ignore_errors=True)
