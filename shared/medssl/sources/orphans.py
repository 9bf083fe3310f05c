"""Volumes that an earlier preparation with other options left in the folder."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..store.volume_file import LABELS, SUFFIX, VOLUMES, is_volume

_SHOWN = 3


def remove_orphans(output: Path, images: Iterable[str], labels: Iterable[str]) -> list[str]:
    """Remove stored volumes that belong to no case of this preparation.

    What is no volume of the store is left alone, whatever its name.

    Args:
        output: folder of the prepared data.
        images: ids of the prepared images.
        labels: ids of those with a label map.

    Returns:
        One line that names them; none where there was nothing to remove.
    """
    removed = []
    for folder, ids in ((VOLUMES, set(images)), (LABELS, set(labels))):
        for path in sorted((output / folder).glob(f"*{SUFFIX}")):
            if path.name.removesuffix(SUFFIX) not in ids and is_volume(path):
                path.unlink()
                removed.append(f"{folder}/{path.name}")
    if not removed:
        return []
    more = f" and {len(removed) - _SHOWN} more" if len(removed) > _SHOWN else ""
    names = ", ".join(removed[:_SHOWN]) + more
    return [f"removed {len(removed)} file(s) of an earlier preparation of this folder: {names}"]
