"""What a shard notes of the files that it read and wrote, to see later whether they are the same.

All of it is cheap: a merge looks at 100,000 scans in seconds, and reads a file as a whole only
where what is noted of it has changed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..store.volume_file import LABELS, LISTED, SUFFIX, VOLUMES, StoredVolume
from .pairing import Case
from .records import Record, files_of, sha256_of_source, stats_of
from .scan import BrokenScanError

_SAMPLE = 4096  # bytes, of the start, the middle and the end of a file
Mark = Mapping[str, Any]


def source_mark(case: Case) -> dict[str, str]:
    """What tells a case's files from others.

    Returns:
        ``stats``: of their paths, sizes and times. ``samples``: of their sizes and times and of
        some of their bytes, the last ones among them: those of a gzip file hold the checksum of all
        that is in it.
    """
    return {"stats": _stats(case), "samples": _samples(case)}


def is_same_source(case: Case, mark: Mark) -> bool:
    """Whether a case's files are those of a mark; at another place, as far as samples tell.

    Files that only have another time are not the same here, see :func:`holds`.
    """
    return mark.get("stats") == _stats(case) or mark.get("samples") == _samples(case)


def holds(case: Case, record: Record) -> bool:
    """Whether a case's files are those of a record, byte for byte."""
    sources = {"source_sha256": case.image, "label_source_sha256": case.label}
    given = {key: source for key, source in sources.items() if source is not None}
    try:
        return all(sha256_of_source(source) == record.get(key) for key, source in given.items())
    except BrokenScanError:
        return False


def stored_mark(case: Case, output: Path) -> list[list[int]]:
    """Size and time of the volumes that were written of a case."""
    return [[size, time] for _, size, time in stats_of(_stored(case, output))]


def is_stored(case: Case, output: Path, record: Record, mark: Sequence[Sequence[int]]) -> bool:
    """Whether the volumes of a case are those of a record: as they were written, or whole.

    Args:
        case: that was prepared.
        output: prepared folder.
        record: what they hold.
        mark: what :func:`stored_mark` was when they had been written.
    """
    if mark and mark == stored_mark(case, output):
        return True
    hashes = ("voxels_sha256", "label_voxels_sha256")
    try:
        for path, key in zip(_stored(case, output), hashes, strict=False):
            volume = StoredVolume(path)
            if volume.attributes.get(LISTED) != record[key]:
                return False
            volume.check()
    except (UserError, KeyError):
        return False
    return True


def _stored(case: Case, output: Path) -> list[Path]:
    places = [VOLUMES] if case.label is None else [VOLUMES, LABELS]
    return [output / place / f"{case.id}{SUFFIX}" for place in places]


def _stats(case: Case) -> str:
    return hashlib.sha256(json.dumps(stats_of(files_of(case))).encode()).hexdigest()


def _samples(case: Case) -> str:
    digest = hashlib.sha256()
    for name, size, time in stats_of(files_of(case)):
        digest.update(f"{size} {time} ".encode())
        digest.update(_sample(Path(name), size))
    return digest.hexdigest()


def _sample(path: Path, size: int) -> bytes:
    """Bytes of the start, the middle and the end; none where the file cannot be read."""
    try:
        with path.open("rb", buffering=0) as stream:
            found = []
            for start in sorted({0, max(0, (size - _SAMPLE) // 2), max(0, size - _SAMPLE)}):
                stream.seek(start)
                found.append(stream.read(_SAMPLE))
            return b"".join(found)
    except OSError:
        return b""
