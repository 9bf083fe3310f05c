"""What was read, in a form that is equal where the result is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from medssl.store import StoredVolume

_SHOWN = 12


def digest(*parts: Any) -> str:
    """A hash of arrays, tensors and plain containers, and the beginning of what was plain."""
    found = hashlib.sha256()
    for part in parts:
        _add(found, part)
    return found.hexdigest()[:_SHOWN]


def _add(found: Any, part: Any) -> None:
    if isinstance(part, torch.Tensor):
        part = part.detach().numpy()
    if isinstance(part, np.ndarray):
        found.update(f"{part.dtype}{part.shape}".encode())
        found.update(np.ascontiguousarray(part).tobytes())
    elif isinstance(part, Mapping):
        for key in sorted(part, key=str):
            found.update(str(key).encode("utf-8", "surrogatepass"))
            _add(found, part[key])
    elif isinstance(part, list | tuple):
        found.update(b"[%d" % len(part))
        for each in part:
            _add(found, each)
    else:
        found.update(repr(part).encode("utf-8", "surrogatepass"))


def volumes(folder: Path) -> dict[str, str]:
    """A hash of voxels and place of each volume of a prepared folder, by its name."""
    found = {}
    for path in sorted(folder.glob("*/*.b2nd")):
        volume = StoredVolume(path)
        found[f"{path.parent.name}/{path.name}"] = digest(volume.read_all(), volume.affine)
    return found


def lists(folder: Path) -> dict[str, Any]:
    """The data lists of a prepared folder, but for names of places."""
    return {
        path.name: json.loads(path.read_text(encoding="utf-8"))
        for path in sorted(folder.glob("datalist*.json"))
    }
