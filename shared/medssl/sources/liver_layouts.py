"""The two layouts in which the liver's scans are published, read into numbered files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from ..errors import UserError
from ..files import parse_json
from .public_data import BY_HAND
from .readers import Source, find_sources

_TASK = "Task03_Liver"
_NAME = "Liver"  # what its dataset.json calls it

Numbered = dict[int, Source]


def _read_decathlon(folder: Path) -> tuple[str, Numbered, Numbered]:
    """Name of the data set, images and labels by number, as dataset.json lists them."""
    paths = [folder / "dataset.json", folder / _TASK / "dataset.json"]
    path = next((path for path in paths if path.is_file()), None)
    if path is None:
        raise UserError(
            f"{folder}: no dataset.json; give the folder {_TASK} of the Medical Segmentation "
            "Decathlon, or fetch it with --download"
        )
    try:
        listing = parse_json(path.read_text(encoding="utf-8"))
        entries = listing["training"]
        names = [[entry[kind] for entry in entries] for kind in ("image", "label")]
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{path}: expected a list 'training' of objects with 'image' and 'label', got "
            f"{error!r}; unpack {_TASK} again"
        ) from error
    images, labels = (_by_number(_on_disk(path.parent, some), r"liver_(\d+)") for some in names)
    if not images:
        raise UserError(f"{path}: none of its {len(entries)} scans is there; unpack {_TASK} again")
    name = listing.get("name", _NAME)
    return "msd_liver" if name == _NAME else str(name), images, labels


def _on_disk(folder: Path, names: Iterable[str]) -> list[Source]:
    listed = [(name.removeprefix("./"), folder / name) for name in names]
    return [Source(name, path, (path,)) for name, path in listed if path.is_file()]


def _read_challenge(folder: Path) -> tuple[str, Numbered, Numbered]:
    """Name of the data set, images and labels by number, wherever the batches lie."""
    found = find_sources(folder)
    images = _by_number(found, r"volume-(\d+)")
    if not images:
        raise UserError(f"{folder}: no volume-N.nii in it; {BY_HAND['lits']}")
    return "lits", images, _by_number(found, r"segmentation-(\d+)")


LAYOUTS: Mapping[str, Callable[[Path], tuple[str, Numbered, Numbered]]] = {
    "msd_liver": _read_decathlon,
    "lits": _read_challenge,
}


def _by_number(sources: Iterable[Source], pattern: str) -> Numbered:
    numbered: Numbered = {}
    for source in sources:
        match = re.fullmatch(pattern, source.stem.rsplit("/", 1)[-1])
        if match and numbered.setdefault(int(match[1]), source) is not source:
            other = numbered[int(match[1])].name
            raise UserError(f"{other} and {source.name} have the same number; remove one of them")
    return numbered
