"""From a scan as it lies on disk to a volume of the store: orientation, spacing, whole HU."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .grids import Grid, on_one_grid, shift_between
from .nearest import nearest_on
from .on_grid import slabs_on, values_on
from .ras import new_grid, own_grid, ras_view
from .readers import BrokenScanError, Scan
from .separable import Slab
from .upright import fill_outside, outside_of, upright_spacing

INT16 = (-32768, 32767)

SpacingMM = Sequence[float] | None


@dataclass(frozen=True)
class Volume:
    """``(X, Y, Z)`` integers in RAS order with their affine to RAS mm."""

    array: NDArray[Any]
    affine: NDArray[np.float64]


def prepare_image(
    scan: Scan,
    spacing: SpacingMM,
    hu_clip: tuple[float, float] | None = None,
    antialias: bool = True,
) -> tuple[Volume, int]:
    """Bring an image to RAS order and the wanted voxel size, on the grid of MONAI's ``Spacing``.

    Values are interpolated linearly, blurred along axes that become coarser, see
    :mod:`~.separable`, and rounded to whole HU, or thousandths on the scan's scale. They are
    clipped to ``hu_clip`` where given and otherwise left alone, but for what int16 cannot hold.

    Args:
        scan: as :func:`~.readers.read_image` gives it.
        spacing: voxel size (x, y, z) in mm; None keeps the scan's own.
        hu_clip: lowest and highest stored value to keep.
        antialias: whether to blur.

    Returns:
        The int16 volume, and how many voxels exceeded int16. Its grid is rectangular, that of a
        tilted gantry is resampled even where the scan keeps its own spacing.

    Raises:
        BrokenScanError: too many voxels at that spacing.
    """
    shape, affine = new_grid(scan.array.shape, scan.affine, spacing)
    volume, beyond = np.empty(shape, np.int16), 0
    low, high = np.clip(hu_clip or INT16, *INT16)
    for where, slab in _slabs(scan, (shape, affine), antialias):
        np.rint(slab, out=slab)
        if slab.min() < INT16[0] or slab.max() > INT16[1]:
            beyond += int(np.count_nonzero((slab < INT16[0]) | (slab > INT16[1])))
        volume[where] = np.clip(slab, low, high, out=slab)
    return Volume(volume, affine), beyond


def _slabs(scan: Scan, grid: Grid, antialias: bool) -> Iterator[Slab]:
    """The scan's stored values on its new grid; what a sheared one does not reach is outside."""
    values = scan.array if scan.scale is None else scan.values()
    own = own_grid(values.shape, scan.affine)
    if upright_spacing(own[1]) is None:
        yield from slabs_on(grid, values, scan.affine, antialias)
        return
    there = values_on(grid, values, scan.affine, antialias)
    fill_outside(there, grid, own, outside_of(scan))
    yield (slice(None),) * 3, there


def prepare_label(scan: Scan, image: Scan, spacing: SpacingMM) -> Volume:
    """Bring a label map to RAS order and the wanted voxel size, nearest neighbour.

    Args:
        scan: whole numbers, 0 is background.
        image: the scan it belongs to, as read.
        spacing: voxel size (x, y, z) in mm; None keeps the scan's own.

    Returns:
        uint8 volume, uint16 where a label exceeds 255.

    Raises:
        BrokenScanError: the label is not on the image's grid or not of whole numbers.
    """
    _check_same_grid(scan, image)
    low, high = scan.array.min(), scan.array.max()
    if not (low >= 0 and high <= 65535 and _is_whole(scan.array)):
        raise BrokenScanError(
            f"label values {low:g} to {high:g}, expected whole numbers from 0 to 65535"
        )
    shape, affine = new_grid(image.array.shape, image.affine, spacing)
    own = own_grid(image.array.shape, image.affine)
    kind = np.uint8 if high <= 255 else np.uint16
    label = ras_view(scan.array.astype(kind, copy=False), scan.affine)
    # Its own affine, rounded otherwise, may end elsewhere than its image's.
    values = nearest_on((shape, affine), label, own[1])
    fill_outside(values, (shape, affine), own, 0)
    return Volume(values, affine)


def _is_whole(array: NDArray[Any]) -> bool:
    return array.dtype.kind in "iub" or np.array_equal(array, np.rint(array))


def _check_same_grid(label: Scan, image: Scan) -> None:
    ours, theirs = (own_grid(each.array.shape, each.affine) for each in (image, label))
    if ours[0] != theirs[0]:
        raise BrokenScanError(
            f"label shape {label.array.shape} differs from image shape {image.array.shape}"
        )
    if not on_one_grid(ours, theirs):
        raise BrokenScanError(
            f"label (shape {label.array.shape}) lies {shift_between(ours, theirs):.2f} mm off its "
            f"image (shape {image.array.shape}): their affines differ"
        )
