"""Are the volumes of a prepared folder still what the preparation wrote?"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..bars import progress_bar
from ..errors import UserError
from .manifest import HASHES, MANIFEST, read_manifest
from .volume_file import LABELS, SUFFIX, VOLUMES, StoredVolume
from .voxels import voxels_sha256

_MOST_THREADS = 8


@dataclass(frozen=True)
class Checked:
    """One file of a prepared folder: its name there, and what is wrong with it, or nothing."""

    name: str
    fault: str = ""


def check_volumes(folder: str | Path) -> list[Checked]:
    """Read every volume that the manifest names: its checksums, then its decoded voxels.

    Args:
        folder: prepared data set.

    Returns:
        One entry for each image and label map, in the order of the manifest.

    Raises:
        UserError: the folder is not prepared, or its manifest is damaged.
    """
    folder = Path(folder)
    files = list(_files(folder))
    with ThreadPoolExecutor(min(_MOST_THREADS, os.cpu_count() or 1)) as pool:
        jobs = pool.map(lambda file: _check(folder, *file), files)
        return list(progress_bar(jobs, total=len(files), desc="check", unit="volume"))


def describe_checked(checked: list[Checked]) -> str:
    """The damaged volumes by name, and how many there are, as a table."""
    faults = [each for each in checked if each.fault]
    width = max((len(each.name) for each in faults), default=0)
    lines = [f"{each.name:{width}}  {each.fault}" for each in faults]
    return "\n".join([*lines, f"{len(checked)} volumes, {len(faults)} damaged"])


def _files(folder: Path) -> Iterator[tuple[str, str]]:
    """Names inside the folder and the hashes of their voxels."""
    for record in _records(folder):
        for place, key in zip((VOLUMES, LABELS), HASHES, strict=True):
            if key in record:
                yield f"{place}/{record['id']}{SUFFIX}", str(record[key])


def _records(folder: Path) -> list[dict[str, Any]]:
    manifest = read_manifest(folder)
    try:
        return [{**record, "id": str(record["id"])} for record in manifest["scans"]]
    except (KeyError, TypeError) as error:
        raise UserError(
            f"{folder / MANIFEST}: damaged ({error!r}); run the same `medssl prepare` again, "
            "which writes it anew"
        ) from error


def _check(folder: Path, name: str, expected: str) -> Checked:
    volume = StoredVolume(folder / name)
    try:
        volume.check()
        found = voxels_sha256(volume.read_all(), volume.affine)
    except UserError as error:
        missing = not volume.path.is_file()
        return Checked(name, "missing" if missing else str(error).split(": ", 1)[1].split(";")[0])
    return Checked(name, "" if found == expected else f"not what {MANIFEST} names; delete it")
