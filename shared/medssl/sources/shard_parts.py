"""What shards note of their share, and what the merge makes of it.

A shard writes the volumes of its cases and one file of what became of these,
``.shards/3-of-40.json``; no two write the same file. Merging reads these files and writes the lists
that one process alone would have written. Then they are called ``3-of-40.merged.json``: a merge
that was killed, or is asked for again, has all it needs.
"""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .. import __version__
from ..errors import UserError
from ..files import read_object, write_json
from ..store.lock import SHARDS
from ..store.manifest import KIND
from ..store.volume_file import LABELS, SUFFIX, VOLUMES
from .asked import Asked
from .cases import Outcome, fault_of
from .pairing import Case, some
from .shard_files import Mark, holds, is_same_source, is_stored, source_mark, stored_mark
from .shards import Shard

_OF, _READ, _WRITTEN, _OUTCOMES = "of", "read", "written", "outcomes"
_PART = re.compile(r"(\d+)-of-(\d+)(\.merged)?\.json")
_NONE = "not an option"
logger = logging.getLogger(__name__)


def check_options(output: Path, asked: Asked, kind: str) -> None:
    """Refuse a shard or a merge whose options are not those of the shards before it.

    Its own earlier part, those of another count and those that are merged are not asked.

    Raises:
        UserError: the line on the first option that differs.
    """
    shard = asked.shard
    if shard is None:
        return
    ours = _made_by(asked, kind)
    for path in _parts(output):
        number, count, merged = _named(path)
        if merged or count != shard.count or number == shard.number:
            continue
        theirs = _read(path).get(_OF, {})
        for key in [key for key in {**ours, **theirs} if ours.get(key) != theirs.get(key)]:
            raise UserError(
                f"{output}: {key} is {theirs.get(key, _NONE)!r} in shard {number}/{count} and "
                f"{ours.get(key, _NONE)!r} here; give all shards and the merge the same options, "
                f"or remove {path} to prepare that shard anew"
            )


def begin_part(output: Path, asked: Asked, kind: str, shard: Shard, cases: Sequence[Case]) -> None:
    """Note a shard's options, and remove what it said before, those of another count, and halves.

    Temporary files are removed by the names of its cases: the processes that write the others may
    be on another machine.
    """
    others = [path for path in _parts(output) if _named(path)[1] != shard.count]
    _say_forgotten(output, others, f"each scan is now the share of one of {shard.count}")
    for path in others:
        path.unlink(missing_ok=True)
    write_json(_part(output, shard), {_OF: _made_by(asked, kind)})
    names = {f"{case.id}{SUFFIX}" for case in cases}
    for path in (path for place in (VOLUMES, LABELS) for path in (output / place).glob(".*.tmp")):
        if path.name[1:].rsplit(".", 2)[0] in names:
            path.unlink(missing_ok=True)


def marks_of(cases: Sequence[Case]) -> dict[str, Mark]:
    """What tells the files of each case from others, see :func:`~.shard_files.source_mark`."""
    return {case.id: source_mark(case) for case in cases}


def write_part(
    output: Path,
    asked: Asked,
    kind: str,
    shard: Shard,
    cases: Mapping[str, Case],
    marks: Mapping[str, Mark],
    outcomes: Sequence[Outcome],
) -> None:
    """Note what became of a shard's cases, and what :func:`marks_of` them was before it began.

    Known faults are left out: the merge knows them, too, or that they are mended.
    """
    done = [each.case for each in outcomes if each.record is not None]
    content = {
        _OF: _made_by(asked, kind),
        _READ: marks,
        _WRITTEN: {name: stored_mark(cases[name], output) for name in done},
        _OUTCOMES: [asdict(outcome) for outcome in outcomes if not cases[outcome.case].fault],
    }
    write_json(_part(output, shard), content)


def read_parts(
    output: Path, asked: Asked, kind: str, shard: Shard, cases: Sequence[Case]
) -> list[Outcome]:
    """What became of all cases, in their order.

    Args:
        output: folder that the shards have written.
        asked: what was prepared with other options does not count.
        kind: of the source.
        shard: which merges them.
        cases: that must have been prepared, from files of the same content and into volumes that
            are there. Files are read again where size or time has changed.

    Raises:
        UserError: some have not; it names the shards to run.
    """
    done: dict[str, Outcome] = {}
    read: dict[str, Mark] = {}
    written: dict[str, Any] = {}
    ours = _made_by(asked, kind)
    for content in map(_read, _parts(output)):
        if content.get(_OF) == ours:
            done |= {each["case"]: Outcome(**each) for each in content.get(_OUTCOMES, ())}
            read |= content.get(_READ, {})
            written |= content.get(_WRITTEN, {})
    done |= {case.id: fault_of(case) for case in cases if case.fault}
    still_open = {
        case.whole
        for case in cases
        if not _is_current(case, done.get(case.id), read.get(case.id, {}))
        or not _is_there(case, output, done[case.id], written.get(case.id, ()))
    }
    if not still_open:
        return [done[case.id] for case in cases]
    order = enumerate(sorted({case.whole for case in cases}))
    numbers = {place % shard.count + 1 for place, name in order if name in still_open}
    shards = [str(Shard(number, shard.count)) for number in sorted(numbers)]
    raise UserError(
        f"{output}: {len(shards)} of {shard.count} shards have not been prepared to their end with "
        f"these options and scans; run the same command with --shard {some(shards)}"
    )


def keep_parts(output: Path) -> None:
    """Mark what shards said as merged, now that the lists are written."""
    for path in _parts(output):
        if not _named(path)[2]:
            path.replace(path.with_suffix(".merged.json"))


def forget_parts(output: Path) -> None:
    """Remove what shards said, of volumes that are about to be others: whole, even if killed."""
    if (output / SHARDS).is_dir():
        _say_forgotten(output, _parts(output), "all scans are now prepared here, as a whole")
        old = output / f".{SHARDS[1:]}.{os.getpid()}.tmp"
        (output / SHARDS).replace(old)
        shutil.rmtree(old, ignore_errors=True)


def _say_forgotten(output: Path, parts: Sequence[Path], why: str) -> None:
    """One line on the shards that can no longer be merged; merged ones have served."""
    named = sorted(_named(path) for path in parts)
    if open_ones := [str(Shard(number, count)) for number, count, merged in named if not merged]:
        logger.warning(
            "%s: forgets what shard %s noted, %s; volumes that are there are kept",
            *(output, some(open_ones), why),
        )


def _made_by(asked: Asked, kind: str) -> dict[str, Any]:
    """What must be the same in all shards, besides the scans; as JSON gives it back."""
    made = {"medssl": __version__, KIND: kind, **asked.options, **asdict(asked.settings)}
    return dict(json.loads(json.dumps(made)))


def _part(output: Path, shard: Shard) -> Path:
    return output / SHARDS / f"{shard.number}-of-{shard.count}.json"


def _parts(output: Path) -> list[Path]:
    """The files of what shards said, the latest last."""
    paths = [path for path in (output / SHARDS).glob("*.json") if _PART.fullmatch(path.name)]
    return sorted(paths, key=lambda path: (path.stat().st_mtime_ns, path.name))


def _named(path: Path) -> tuple[int, int, bool]:
    """Number and count of a part's shard, and whether it is merged."""
    number, count, merged = _PART.fullmatch(path.name).groups()  # type: ignore[union-attr]
    return int(number), int(count), merged is not None


def _read(path: Path) -> dict[str, Any]:
    return read_object(path, "remove it and run its shard again")


def _is_current(case: Case, outcome: Outcome | None, mark: Mark) -> bool:
    """Whether what became of a case is what its files would become now."""
    if case.fault:
        return True
    if outcome is None or outcome.source != case.image.name:
        return False
    return is_same_source(case, mark) or (
        outcome.record is not None and holds(case, outcome.record)
    )


def _is_there(case: Case, output: Path, outcome: Outcome, mark: Sequence[Sequence[int]]) -> bool:
    """Whether a case's volumes are there as they were written; a broken case has none."""
    if outcome.record is None:
        return True
    label = None if case.label is None else case.label.name
    same = outcome.record.get("label_source") == label
    return same and is_stored(case, output, outcome.record, mark)
