"""What raw scans are called: one name each for its results, and those by which a table means it."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from .formats import suffix_of
from .scan import Source

# What results are called, and the UID of a DICOM series: keys of a loaded scan's meta data.
NAME, SERIES = "name", "series"
# Names that mean this scan alone, most telling first, and those that mean others as well. Loaders
# collate strings whatever their number, so they are joined by what no path holds.
CALLED, SHARED, BETWEEN = "called", "shared", "\0"
# A file name has 255 bytes at most; what is put behind it needs some of them.
_MOST_BYTES, _KEPT_BYTES = 200, 180


def name_of(path: str | Path) -> str:
    """File name of a scan without its suffix; that of a folder as it is."""
    place = Path(path)
    return place.name.removesuffix(suffix_of(place))


def output_names(sources: Sequence[Source]) -> list[str]:
    """What the results of each scan are called: its relative path without suffix.

    Where two would be called alike, the suffix is added (``ct_nii``, ``ct_nii_gz``), and where that
    is taken too, a hash. Names too long for a file system end in a hash instead.
    """
    names = [_fitting(source.stem.replace("#", "_")) for source in sources]
    suffixes = [suffix_of(source.path).replace(".", "_") for source in sources]
    names = told_apart(names, suffixes)
    return told_apart(names, ["_" + short_hash(source.name) for source in sources])


def table_names(sources: Sequence[Source], results: Sequence[str]) -> list[dict[str, str]]:
    """By which names a table may mean each scan of a run.

    They are its series UID, its path below the folder searched, the name of its results, its folder
    and file, its file; paths with or without suffix. A name means the scan of which it says most:
    ``ct`` is ``ct.nii``, not ``a/ct.nii``. Where it says equally much of several, all share it.

    Args:
        sources: the scans, ``name`` relative to the folder searched.
        results: what their results are called.

    Returns:
        ``called`` and ``shared`` of each scan.
    """
    ranked = [_ranked(*scan) for scan in zip(sources, results, strict=True)]
    holders: dict[str, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for scan, names in enumerate(ranked):
        for name, rank in names.items():
            holders[name][rank].append(scan)
    nearest = {name: ranks[min(ranks)] for name, ranks in holders.items()}
    return [
        {
            CALLED: BETWEEN.join(name for name in names if nearest[name] == [scan]),
            SHARED: BETWEEN.join(
                name for name in names if scan in nearest[name] and len(nearest[name]) > 1
            ),
        }
        for scan, names in enumerate(ranked)
    ]


def called(meta: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Names that mean a loaded scan alone, and those that it shares, from its meta data."""
    own, shared = (str(meta.get(key, "")) for key in (CALLED, SHARED))
    return own.split(BETWEEN), shared.split(BETWEEN) if shared else []


def _ranked(source: Source, result: str) -> dict[str, int]:
    """The names of a scan, most telling first."""
    path, end = source.path, suffix_of(source.path)
    near = f"{path.parent.name}/{path.name}"
    names = [source.series, source.name, result, source.stem]
    names += [near, near.removesuffix(end), path.name, path.name.removesuffix(end)]
    ranks: dict[str, int] = {}
    for rank, name in enumerate(names):
        if name:
            ranks.setdefault(name, rank)
    return ranks


def told_apart(names: Sequence[str], ends: Iterable[str]) -> list[str]:
    """Names that occur once, and the others with their ends; some file systems ignore case."""
    count = Counter(name.casefold() for name in names)
    return [
        f"{name}{end}" if count[name.casefold()] > 1 else name
        for name, end in zip(names, ends, strict=True)
    ]


def _fitting(name: str) -> str:
    parts = [
        f"{part.encode()[:_KEPT_BYTES].decode(errors='ignore')}_{short_hash(part)}"
        if len(part.encode()) > _MOST_BYTES
        else part
        for part in name.split("/")
    ]
    return "/".join(parts)


def short_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
