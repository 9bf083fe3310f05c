"""Listing raw scans for inference."""

from __future__ import annotations

from pathlib import Path

from ..errors import UserError
from .readers import ACCEPTED, find_sources, suffix_of


def find_images(folder: str | Path) -> list[dict[str, str]]:
    """List the raw scans below ``folder`` (or the one file given) for inference.

    Returns:
        One ``{"image": path}`` for each; a DICOM series is its folder.

    Raises:
        UserError: nothing there.
    """
    path = Path(folder).absolute()
    if path.is_file() and suffix_of(path):
        return [{"image": str(path)}]
    sources = find_sources(path) if path.is_dir() else []
    if not sources:
        raise UserError(f"{folder}: no scan in it; expected {ACCEPTED}")
    return [{"image": str(source.path)} for source in sources]


def folder_of(path: str | Path) -> str:
    """The folder itself, or that of a file: below it the results keep the scans' own folders."""
    place = Path(path)
    return str(place.parent if place.is_file() else place)
