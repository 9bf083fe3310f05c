"""Writing the nodule masks of LIDC-IDRI, one label map for each scan."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...bars import progress_bar
from ...files import write_atomically
from ..readers import BrokenScanError, Source, source_of
from .consensus import Grid, Nodule, find_nodules, group_annotations, paint
from .contours import Reading
from .grids import read_grid

MASKS = "lidc_masks"
_MARK = 32


@dataclass(frozen=True)
class Labelled:
    """A scan with its nodules.

    Attributes:
        source: the scan.
        label: its label map; None where the header is unreadable, which preparing it will tell.
        patient: as the DICOM header has it.
        groups: how many annotations each nodule has, also those that too few readers outlined.
        readers: the same of the nodules in the label map, in the order of their labels.
    """

    source: Source
    label: Source | None = None
    patient: str | None = None
    groups: tuple[int, ...] = ()
    readers: tuple[int, ...] = ()


def label_scans(
    scans: Mapping[str, Source], readings: Mapping[str, Reading], output: Path, min_readers: int
) -> dict[str, Labelled]:
    """Write ``lidc_masks/<series UID>.nii.gz`` for each scan, unless it is there already.

    A scan without nodules has a label map of zeros.

    Args:
        scans: series UID to scan.
        readings: series UID to annotations.
        output: folder of the prepared data.
        min_readers: annotations that a nodule must have.
    """
    labelled = {}
    for uid, source in progress_bar(scans.items(), desc="masks", unit="scan"):
        try:
            grid, patient = read_grid(source)
        except BrokenScanError:
            labelled[uid] = Labelled(source)
            continue
        groups = group_annotations(readings[uid].annotations, grid.spacing_mm.tolist())
        nodules = find_nodules([group for group in groups if len(group) >= min_readers], grid)
        path = output / MASKS / f"{uid}.nii.gz"
        _write(path, nodules, grid)
        counts = tuple(len(group) for group in groups)
        readers = tuple(nodule.readers for nodule in nodules)
        labelled[uid] = Labelled(source, source_of(path), patient, counts, readers)
    return labelled


def _write(path: Path, nodules: Sequence[Nodule], grid: Grid) -> None:
    import nibabel

    mark = _mark_of(nodules, grid)
    if path.is_file() and nibabel.load(path).header["descrip"].item() == mark:
        return
    image = nibabel.Nifti1Image(paint(nodules, grid), grid.affine)
    image.header["descrip"] = mark

    packed = gzip.compress(image.to_bytes(), compresslevel=1, mtime=0)
    write_atomically(path, lambda temporary: temporary.write_bytes(packed))


def _mark_of(nodules: Sequence[Nodule], grid: Grid) -> bytes:
    """What tells this label map from any other, for the file's header."""
    digest = hashlib.blake2b(repr(grid.shape).encode(), digest_size=_MARK // 2)
    digest.update(grid.affine.tobytes())
    for number, nodule in enumerate(nodules):
        digest.update(f"{number}:".encode())
        digest.update(nodule.voxels.tobytes())
    return digest.hexdigest().encode()
