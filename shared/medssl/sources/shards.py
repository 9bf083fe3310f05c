"""One preparation in many processes, on many machines: each does its share of the cases.

A shard writes the volumes of its cases and one file of what became of these,
``.shards/3-of-40.json``; no two write the same file. Merging reads these files and writes the lists
that one process alone would have written.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .. import __version__
from ..errors import UserError
from ..files import read_object, write_json
from ..store.lock import SHARDS
from ..store.volume_file import LABELS, SUFFIX, VOLUMES
from .cases import Outcome
from .pairing import Case, some
from .records import Record, Settings, sha256_of_source, stat_of
from .scan import BrokenScanError

_MERGE, _OF, _FILES = "merge", "of", "files"
_ASKED = re.compile(rf"({_MERGE}|[1-9]\d*)/([1-9]\d*)")


@dataclass(frozen=True)
class Shard:
    """One of several shares of a preparation, or what puts them together.

    Attributes:
        number: counted from 1; None merges.
        count: how many shares there are.
    """

    number: int | None
    count: int

    def __str__(self) -> str:
        return f"{self.number or _MERGE}/{self.count}"

    @property
    def lock(self) -> tuple[int, int] | None:
        """See :func:`medssl.store.lock.preparing`; to merge is to write alone."""
        return None if self.number is None else (self.number, self.count)

    def share(self, names: Iterable[str]) -> set[str]:
        """The names that are this shard's: each is one shard's alone, and all are somebody's."""
        if self.number is None:
            return set(names)
        return set(sorted(set(names))[self.number - 1 :: self.count])


def read_shard(text: str | None, download: bool = False) -> Shard | None:
    """What ``--shard`` says: ``3/40`` is the third of forty shares, ``merge/40`` ends them all.

    Raises:
        UserError: it says something else, or the source is to be fetched by all of them at once.
    """
    if text is None:
        return None
    said = _ASKED.fullmatch(str(text))
    if said is None or (said[1] != _MERGE and int(said[1]) > int(said[2])):
        raise UserError(
            f"shard: {text!r}, expected K/N with K from 1 to N, such as 3/40, or {_MERGE}/N where "
            "all N are done"
        )
    if download:
        raise UserError("download: shards would all fetch the same files; fetch them beforehand")
    return Shard(None if said[1] == _MERGE else int(said[1]), int(said[2]))


def share_of(cases: Sequence[Case], shard: Shard) -> list[Case]:
    """The cases of a shard; all channels of a case are one shard's."""
    names = shard.share(case.whole for case in cases)
    return [case for case in cases if case.whole in names]


def begin_part(output: Path, shard: Shard, cases: Sequence[Case]) -> None:
    """Remove what this shard, or one of another count, said before, and its half-written files.

    Temporary files are removed by the names of its cases: the processes that write the others may
    be on another machine.
    """
    _part(output, shard).unlink(missing_ok=True)
    for path in (output / SHARDS).glob("*.json"):
        if not path.name.endswith(_part(output, shard).name.partition("-")[2]):
            path.unlink(missing_ok=True)
    names = {f"{case.id}{SUFFIX}" for case in cases}
    for path in (path for place in (VOLUMES, LABELS) for path in (output / place).glob(".*.tmp")):
        if path.name[1:].rsplit(".", 2)[0] in names:
            path.unlink(missing_ok=True)


def write_part(
    output: Path,
    shard: Shard,
    settings: Settings,
    kind: str,
    files: dict[str, list[list[int]]],
    outcomes: Sequence[Outcome],
) -> None:
    """Note what became of a shard's cases, and what :func:`files_of` them was before it began."""
    done = [asdict(outcome) for outcome in outcomes]
    content = {_OF: _made_by(settings, kind), _FILES: files, "outcomes": done}
    write_json(_part(output, shard), content)


def read_parts(
    output: Path, shard: Shard, settings: Settings, kind: str, cases: Sequence[Case]
) -> list[Outcome]:
    """What became of all cases, in their order.

    Args:
        output: folder that the shards have written.
        shard: which merges them.
        settings: of the prepared volumes; what was prepared otherwise does not count.
        kind: of the source.
        cases: that must have been prepared, from files of the same content and into files that are
            there. Files are read again where their size or time has changed.

    Raises:
        UserError: some have not; it names the shards to run.
    """
    there = {f"{p}/{e.name}" for p in (VOLUMES, LABELS) for e in _entries(output / p)}
    done: dict[str, Outcome] = {}
    seen: dict[str, Any] = {}
    for content in _contents(output):
        if content.get(_OF) == _made_by(settings, kind):
            done |= {each["case"]: Outcome(**each) for each in content["outcomes"]}
            seen |= content.get(_FILES, {})
    same = {case.id for case in cases if seen.get(case.id) == _files(case, settings)}
    open_cases = [
        case for case in cases if not _is_done(case, done.get(case.id), there, case.id in same)
    ]
    if not open_cases:
        return [done[case.id] for case in cases]
    names = {case.whole for case in open_cases}
    order = enumerate(sorted({case.whole for case in cases}))
    numbers = {place % shard.count + 1 for place, name in order if name in names}
    shards = [str(Shard(number, shard.count)) for number in sorted(numbers)]
    raise UserError(
        f"{output}: {len(shards)} of {shard.count} shards have not been prepared to their end with "
        f"these options and scans; run the same command with --shard {some(shards)}"
    )


def forget_parts(output: Path) -> None:
    """Remove what shards said, now that the lists are written: whole, even if killed meanwhile."""
    if (output / SHARDS).is_dir():
        old = output / f".{SHARDS[1:]}.{os.getpid()}.tmp"
        (output / SHARDS).replace(old)
        shutil.rmtree(old, ignore_errors=True)


def _part(output: Path, shard: Shard) -> Path:
    return output / SHARDS / f"{shard.number}-of-{shard.count}.json"


def _made_by(settings: Settings, kind: str) -> dict[str, Any]:
    """What must be the same in all shards, besides the scans."""
    return {"medssl": __version__, "kind": kind, "settings": settings.as_lists()}


def _contents(output: Path) -> Iterator[dict[str, Any]]:
    """What the shards said, the latest last."""
    paths = sorted((output / SHARDS).glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
    return (read_object(path, "remove it and run its shard again") for path in paths)


def files_of(cases: Sequence[Case], settings: Settings) -> dict[str, list[list[int]]]:
    """Size and time of each case's files."""
    return {case.id: _files(case, settings) for case in cases}


def _files(case: Case, settings: Settings) -> list[list[int]]:
    """Size and time of each file; another machine may have another path to it."""
    return [[size, time] for _, size, time in stat_of(case, settings)["files"]]


def _is_done(case: Case, outcome: Outcome | None, there: set[str], same: bool) -> bool:
    """Whether a case was prepared from what its files hold now; ``same`` are unchanged ones."""
    if outcome is None or outcome.source != case.image.name:
        return False
    if case.fault or outcome.record is None:
        return outcome.record is None and (outcome.reason == case.fault or same)
    if not same and not _holds(case, outcome.record):
        return False
    label = None if case.label is None else case.label.name
    places = [VOLUMES] if label is None else [VOLUMES, LABELS]
    files = {f"{place}/{case.id}{SUFFIX}" for place in places}
    return outcome.record.get("label_source") == label and files <= there


def _holds(case: Case, record: Record) -> bool:
    """Whether the files of a case are those of a record, byte for byte."""
    sources = {"source_sha256": case.image, "label_source_sha256": case.label}
    given = {key: source for key, source in sources.items() if source is not None}
    try:
        return all(sha256_of_source(source) == record.get(key) for key, source in given.items())
    except BrokenScanError:
        return False


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    return os.scandir(folder) if folder.is_dir() else iter(())
