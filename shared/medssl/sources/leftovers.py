"""What an earlier preparation left in the output folder, with other options or another version."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..store.checksum import is_sealed
from ..store.contract import HU, SCAN
from ..store.manifest import read_manifest
from ..store.volume_file import FORMAT, HEADER, LABELS, SUFFIX, VOLUMES
from .cases import ORIGIN, RECORD, STAT
from .pairing import Case
from .same_source import WAY_OUT, check_same_scans

_SHOWN = 3


@dataclass(frozen=True)
class Earlier:
    """What is known of an earlier preparation before it is overwritten.

    Attributes:
        names: its files, as its manifest gives them, relative to the folder.
        lines: what a user should know of it.
    """

    names: frozenset[str]
    lines: tuple[str, ...]


def survey(
    output: Path, source: Path, cases: Sequence[Case], looked_at: Collection[str]
) -> Earlier:
    """Look at what is in the output folder, before anything is written.

    Args:
        output: folder to write; need not exist.
        source: folder that the cases come from.
        cases: what is to be prepared.
        looked_at: ids of those whose volumes, if there are any, are opened; those of the others are
            left to the shards that prepare them.

    Raises:
        UserError: the folder holds volumes of other scans than those below ``source``, under names
            of their own or the same ones, or such as a newer version wrote.
    """
    version, names = _earlier_names(output)
    wanted = {f"{place}/{case.id}{SUFFIX}": case for case in cases for place in (VOLUMES, LABELS)}
    foreign, others, formats, moved = [], [], [], []
    for name, path in _stored(output):
        if name in wanted and wanted[name].id not in looked_at:
            continue
        header = _peek(path)
        if header is not None:
            formats.append(header["format"])
        elsewhere = header and header["files"] and not _is_below(source, header["files"])
        if name in wanted:
            if header and elsewhere and name.startswith(VOLUMES):
                moved.append((wanted[name], header))
            continue
        if header is None and name not in names:
            foreign.append(name)
        elif elsewhere:
            others.append(name)
    if others:
        raise UserError(
            f"{output}: holds {len(others)} prepared volume(s) of other scans than those of "
            f"{source} ({_some(others)}); {WAY_OUT}"
        )
    check_same_scans(output, source, moved)
    lines = [f"left alone, as medssl did not write it: {_some(foreign)}"] if foreign else []
    return Earlier(names, (*lines, *_formats(output, version, formats)))


def find_leftovers(
    output: Path, records: Sequence[Mapping[str, Any]], earlier: Earlier
) -> list[str]:
    """Volumes of an earlier preparation that are not part of this one; files of others are not.

    Args:
        output: prepared folder.
        records: of the prepared scans.
        earlier: see :func:`survey`.

    Returns:
        Their names, relative to the folder.
    """
    kept = {f"{VOLUMES}/{record['id']}{SUFFIX}" for record in records}
    kept |= {f"{LABELS}/{r['id']}{SUFFIX}" for r in records if "label_source" in r}
    return [
        name
        for name, path in _stored(output)
        if name not in kept and (name in earlier.names or _peek(path) is not None)
    ]


def describe_leftovers(removed: Sequence[str]) -> list[str]:
    """A line on what was removed, where anything was."""
    if not removed:
        return []
    return [f"removed {len(removed)} volume(s) of an earlier preparation: {_some(removed)}"]


def _stored(output: Path) -> Iterator[tuple[str, Path]]:
    for place in (VOLUMES, LABELS):
        for path in sorted((output / place).glob(f"[!.]*{SUFFIX}")):
            if path.is_file():
                yield f"{place}/{path.name}", path


def _peek(path: Path) -> dict[str, Any] | None:
    """Format of a stored volume and what it was made of; None where it is none of ours."""
    import blosc2

    try:
        is_sealed(path)  # it knows a frame, where Blosc2 would guess
        array = blosc2.open(str(path), mode="r")  # kept, as its attributes live no longer than it
        attributes = array.schunk.vlmeta
        found = int(attributes[HEADER]["format"])
        files = attributes[STAT]["files"] if STAT in attributes else []
        source_sha256 = attributes[ORIGIN]["image"][1] if ORIGIN in attributes else ""
        record = json.loads(attributes[RECORD]) if RECORD in attributes else {}
    except (RuntimeError, ValueError, KeyError, AttributeError, TypeError, OSError):
        return None
    return {
        "format": found,
        "files": [str(entry[0]) for entry in files],
        "source_sha256": source_sha256,
        "scan_sha256": record.get("scan_sha256"),
        "intensity": attributes[SCAN]["intensity"] if SCAN in attributes else HU,
    }


def _earlier_names(output: Path) -> tuple[str, frozenset[str]]:
    """Version that wrote it, and the files that it names; nothing where it is damaged."""
    try:
        manifest = read_manifest(output)
        ids = [str(record["id"]) for record in manifest["scans"]]
        version = str(manifest.get("medssl", "of unknown version"))
    except (OSError, UserError, KeyError, TypeError):
        return "of unknown version", frozenset()
    return version, frozenset(f"{place}/{n}{SUFFIX}" for n in ids for place in (VOLUMES, LABELS))


def _is_below(source: Path, files: Sequence[str]) -> bool:
    folders = {source.absolute(), source.resolve()}
    ways = (Path, lambda name: Path(name).resolve())  # links cost more to follow: only if need be
    return any(way(n).is_relative_to(folder) for way in ways for n in files for folder in folders)


def _formats(output: Path, version: str, formats: Sequence[int]) -> tuple[str, ...]:
    if max(formats, default=0) > FORMAT:
        raise UserError(
            f"{output}: prepared by a newer medssl ({version}, store format {max(formats)}, this "
            f"one writes {FORMAT}); update medssl or choose another --output"
        )
    old = [found for found in formats if found < FORMAT]
    if not old:
        return ()
    return (
        f"{len(old)} volume(s) were of medssl {version} (store format {min(old)}) and are written "
        f"anew in format {FORMAT}",
    )


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
