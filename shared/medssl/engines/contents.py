"""What the files that a configuration names hold: a run is known by content, wherever it lies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..files import sha256_of
from ..weights import weights_sha256

PRETRAINED = "pretrained"
_FILES = {"target": "target.pt"}  # by transfer_from; else model.pt
_PLACES = ("dir", "path", "file", "folder", "root")  # how keys of paths end
_SCANS = ("image", "label")  # of raw pairs, which are known by their voxels


def contents_of(
    leaves: Mapping[str, Any], items: Sequence[Mapping[str, Any]], transfer_from: str = "online"
) -> dict[str, str | None]:
    """SHA-256 of each file that a leaf of the configuration names.

    Args:
        leaves: configuration by path (``train::dataset::candidates``).
        items: of the data lists; a table may lie in the folder of their volumes.
        transfer_from: which of the weights of ``pretrained`` are handed over.

    Returns:
        Only the leaves that name a path; None for a folder, for a scan and for what is not there.

    Raises:
        UserError: ``pretrained`` names no weights.
    """
    images = [Path(str(item["image"])) for item in items[:1] if "image" in item]
    folders = [*(image.parent.parent for image in images), Path()]
    found: dict[str, str | None] = {}
    for leaf, value in leaves.items():
        name = leaf.rpartition("::")[2]
        if not isinstance(value, str) or value.startswith(("$", "@", "%")) or name[:1] == "_":
            continue
        if name == PRETRAINED:
            found[leaf] = weights_sha256(value, _FILES.get(transfer_from, "model.pt"))
            continue
        files = [folder / value for folder in folders] if "." in value or "/" in value else []
        file = next((path for path in files if path.is_file()), None)
        if file is not None and name not in _SCANS:
            found[leaf] = sha256_of(file)
        elif file is not None or name.endswith(_PLACES) or "/" in value or "\\" in value:
            found[leaf] = None
    return found
