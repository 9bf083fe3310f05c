"""Which weight file a user names, and which files a ``provenance.json`` speaks of."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

DERIVED = "derived"  # of provenance.json: files made of the run's weights, by name


def weight_file(model: str | Path, file: str = "model.pt") -> Path:
    """The file that ``model`` names.

    Args:
        model: weight file, folder of a run or of a bundle.
        file: the one to take of a folder: of its ``models`` where that has one, else its own.
    """
    path = Path(model)
    if not path.is_dir():
        return path
    inner = path / "models" / file
    return inner if inner.is_file() else path / file


def listed_weights(provenance: Mapping[str, Any]) -> dict[str, str]:
    """SHA-256 by name of all weight files that a ``provenance.json`` describes."""
    return {**provenance.get("sha256", {}), **provenance.get(DERIVED, {})}
