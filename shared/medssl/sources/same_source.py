"""A prepared folder belongs to one source, which is known by what its scans hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..store.lock import preparing
from ..store.manifest import KIND, read_manifest
from .asked import Asked
from .pairing import Case
from .readers import BrokenScanError, Scan, read_image
from .records import sha256_of_source
from .scan_hash import scan_sha256
from .shard_parts import check_options, keep_parts

IMAGES = "images"
WAY_OUT = "choose another --output, or delete that folder"
# So many scans of a source that has moved are read to see that it is the same one.
_READ = 5


@contextmanager
def claimed(output: Path, kind: str, asked: Asked) -> Iterator[None]:
    """Hold an output folder for the preparation of a kind of source.

    What its shards have noted is merged where it ends well with all of them.

    Args:
        output: folder to write; made where it is missing.
        kind: what reads the source, such as ``luna16``.
        asked: as a shard of it, others may prepare theirs meanwhile.

    Raises:
        UserError: no folder, another process prepares it, it holds another kind of data set, or
            its shards have other options.
    """
    if output.exists() and not output.is_dir():
        raise UserError(f"{output}: not a folder; choose another --output")
    with preparing(output, None if asked.shard is None else asked.shard.lock) as outermost:
        there = _kind_in(output)
        if there not in ("", kind):
            raise UserError(
                f"{output}: holds what `medssl prepare {there}` wrote, {kind} would overwrite it; "
                f"{WAY_OUT}"
            )
        check_options(output, asked, kind)
        yield
        if outermost and not asked.is_part:
            keep_parts(output)


def check_same_scans(
    output: Path, source: Path, stored: Sequence[tuple[Case, Mapping[str, Any]]]
) -> None:
    """Refuse volumes of the same names that were made from other scans.

    A source that was moved or copied is the same one: most of its scans are, file by file or, in
    another format, voxel by voxel.

    Args:
        output: prepared folder.
        source: folder that the cases come from.
        stored: cases of which a volume is there that was made from files elsewhere, each with the
            volume's ``files``, ``source_sha256``, ``scan_sha256`` and ``intensity``.

    Raises:
        UserError: they hold something else.
    """
    spread = sorted({n * len(stored) // _READ for n in range(_READ)}) if stored else []
    looked_at = [stored[place] for place in spread]
    same = [_is_same(case, facts) for case, facts in looked_at]
    if 2 * sum(same) < len(same):
        case, facts = looked_at[same.index(False)]
        raise UserError(
            f"{output}: holds {len(stored)} prepared volume(s) of the same names as the scans of "
            f"{source}, made from others ({case.id} from {facts['files'][0]}); {WAY_OUT}"
        )


def _is_same(case: Case, facts: Mapping[str, Any]) -> bool:
    try:
        if sha256_of_source(case.image) == facts["source_sha256"]:
            return True
        scan: Scan = read_image(case.image, facts["intensity"])
    except BrokenScanError:
        return False
    return scan_sha256(scan) == facts["scan_sha256"]


def _kind_in(output: Path) -> str:
    """What kind of source an earlier preparation had; empty where nothing says so."""
    try:
        return str(read_manifest(output).get(KIND, ""))
    except (OSError, UserError):
        return ""
