"""Raw scans for inference: which there are, what their results are called, a bad one alone."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from monai.data import Dataset

from ..errors import UserError, one_line
from .readers import ACCEPTED, Source, find_sources, source_of, suffix_of

# What results are called, and the UID of a DICOM series: keys of a loaded scan's meta data.
NAME, SERIES = "name", "series"
# Keys of what stands for an item that could not be used.
BROKEN, REASON = "broken", "reason"
# A file name has 255 bytes at most; what is put behind it needs some of them.
_MOST_BYTES, _KEPT_BYTES = 200, 180


def find_images(folder: str | Path) -> list[dict[str, str]]:
    """List the raw scans below ``folder`` (or the one file given) for inference.

    Returns:
        One ``{"image": path, "name": name}`` for each, as ``source_of`` takes it: a file,
        or ``folder#UID`` for a DICOM series. Results are called ``name``, which may hold ``/`` and
        differs from scan to scan.

    Raises:
        UserError: nothing there.
    """
    path = Path(folder).absolute()
    if path.is_file():
        return [{"image": source_of(path).name, NAME: name_of(path)}]
    sources = find_sources(path) if path.is_dir() else []
    if not sources:
        raise UserError(f"{folder}: no scan in it; expected {ACCEPTED}")
    return [
        {"image": f"{source.path}#{source.series}".rstrip("#"), NAME: name}
        for source, name in zip(sources, output_names(sources), strict=True)
    ]


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
    names = _told_apart(names, suffixes)
    return _told_apart(names, ["_" + _hash(source.name) for source in sources])


def _told_apart(names: Sequence[str], ends: Iterable[str]) -> list[str]:
    """Names that occur once, and the others with their ends; some file systems ignore case."""
    count = Counter(name.casefold() for name in names)
    return [
        f"{name}{end}" if count[name.casefold()] > 1 else name
        for name, end in zip(names, ends, strict=True)
    ]


def _fitting(name: str) -> str:
    parts = [
        f"{part.encode()[:_KEPT_BYTES].decode(errors='ignore')}_{_hash(part)}"
        if len(part.encode()) > _MOST_BYTES
        else part
        for part in name.split("/")
    ]
    return "/".join(parts)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


class RawScans(Dataset):
    """MONAI's ``Dataset`` for scans of which some may be bad.

    One that cannot be read or transformed comes as ``{"broken": name, "reason": line}``, from a
    worker process too; :class:`~medssl.engines.ScanEvaluator` names it and goes on.

    Args:
        data: items as :func:`find_images` gives them.
        transform: applied to each.
    """

    def _transform(self, index: int) -> Any:
        try:
            return super()._transform(index)
        except Exception as error:  # whatever a scan provokes, the others are to be done
            item = self.data[index]
            line, path = one_line(error), str(item["image"])
            return {
                BROKEN: str(item.get(NAME) or name_of(path)),
                REASON: line if path in line else f"{path}: {line}",
            }
