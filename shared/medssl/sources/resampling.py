"""From a scan as it lies on disk to a volume of the store: orientation, spacing, whole HU."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from ..store.voxels import spacing_of, voxels_sha256
from .grids import Grid, on_one_grid, shift_between
from .plausible import MOST_VOXELS
from .readers import BrokenScanError, Scan
from .upright import fill_outside, outside_of, upright_spacing

INT16 = (-32768, 32767)

SpacingMM = Sequence[float] | None


@dataclass(frozen=True)
class Volume:
    """``(X, Y, Z)`` integers in RAS order with their affine to RAS mm."""

    array: NDArray[Any]
    affine: NDArray[np.float64]


def prepare_image(
    scan: Scan, spacing: SpacingMM, hu_clip: tuple[float, float] | None = None
) -> tuple[Volume, int]:
    """Bring an image to RAS order and the wanted voxel size with MONAI's own transforms.

    Values are interpolated linearly and rounded to whole HU, or thousandths on the scan's scale.
    They are clipped to ``hu_clip`` where given and otherwise left alone, but for what int16 cannot
    hold.

    Args:
        scan: as :func:`~.readers.read_image` gives it.
        spacing: voxel size (x, y, z) in mm; None keeps the scan's own.
        hu_clip: lowest and highest stored value to keep.

    Returns:
        The int16 volume, and how many voxels exceeded int16. Its grid is rectangular, that of a
        tilted gantry is resampled even where the scan keeps its own spacing.

    Raises:
        BrokenScanError: too many voxels at that spacing.
    """
    values, affine = _resample(scan, spacing, "bilinear", outside_of(scan))
    np.rint(values, out=values)
    beyond = int(np.count_nonzero((values < INT16[0]) | (values > INT16[1])))
    np.clip(values, *(hu_clip or INT16), out=values)
    return Volume(np.clip(values, *INT16).astype(np.int16), affine), beyond


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
    if not (low >= 0 and high <= 65535 and np.array_equal(scan.array, np.rint(scan.array))):
        raise BrokenScanError(
            f"label values {low:g} to {high:g}, expected whole numbers from 0 to 65535"
        )
    values, affine = _resample(_with_grid_of(scan, image), spacing, "nearest", 0)
    return Volume(values.astype(np.uint8 if high <= 255 else np.uint16), affine)


def _resample(
    scan: Scan, spacing: SpacingMM, mode: Literal["bilinear", "nearest"], outside: float
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Voxels in RAS order; what a sheared scan leaves empty of its new grid becomes ``outside``."""
    from monai.transforms import Spacing

    image = _to_ras(torch.from_numpy(scan.values()), scan.affine)
    native = upright_spacing(image.affine.numpy())
    wanted = native if spacing is None else tuple(spacing)
    if wanted is not None:
        check_room(image, wanted)
        # Single precision moves an interpolated value by less than 0.1 HU and saves half the time
        # and memory; a label is one or the other, so its ties stay as MONAI settles them.
        precision = np.float32 if mode == "bilinear" else np.float64
        resampled = Spacing(wanted, mode=mode, padding_mode="border", dtype=precision)(image)
        fill_outside(resampled, image, outside)
        image = resampled
    return image[0].numpy(), image.affine.numpy().astype(np.float64)


def check_room(image: Any, spacing: Sequence[float]) -> None:
    """Refuse more voxels than any scan has, before memory is taken for them.

    Raises:
        BrokenScanError: that many.
    """
    extent = np.asarray(image.shape[1:]) * spacing_of(image.affine.numpy())
    if (count := float(np.prod(extent / spacing))) > MOST_VOXELS:
        sizes = " x ".join(f"{size:g}" for size in spacing)
        raise BrokenScanError(
            f"at {sizes} mm it would have {count:,.0f} voxels; prepare it coarser"
        )


def scan_sha256(scan: Scan) -> str:
    """Hash of a scan's own values in RAS order on its own grid; not of its affine.

    CT counts as whole HU. Of other scans, whose values may lie between 0 and 1, nothing is rounded;
    whole numbers are the same scan by either rule.
    """
    ordered = _to_ras(torch.from_numpy(scan.array.astype(np.float32, order="C")), scan.affine)
    values = ordered[0].numpy()
    whole = np.clip(np.rint(values), *INT16)
    if scan.scale is not None and not np.array_equal(whole, values):
        return voxels_sha256(values)
    return voxels_sha256(whole.astype(np.int16))


def _with_grid_of(label: Scan, image: Scan) -> Scan:
    """The label in RAS order on its image's grid: its own, rounded otherwise, may end elsewhere."""
    oriented = _to_ras(torch.from_numpy(label.array.astype(np.float32, order="C")), label.affine)
    grid = _to_ras(torch.empty(1).expand(image.array.shape), image.affine)
    return Scan(oriented[0].numpy(), grid.affine.numpy().astype(np.float64))


def _check_same_grid(label: Scan, image: Scan) -> None:
    ours, theirs = _grid_of(image), _grid_of(label)
    if ours[0] != theirs[0]:
        raise BrokenScanError(
            f"label shape {label.array.shape} differs from image shape {image.array.shape}"
        )
    if not on_one_grid(ours, theirs):
        raise BrokenScanError(
            f"label (shape {label.array.shape}) lies {shift_between(ours, theirs):.2f} mm off its "
            f"image (shape {image.array.shape}): their affines differ"
        )


def _grid_of(scan: Scan) -> Grid:
    """A scan's own grid, its axes in RAS order."""
    grid = _to_ras(torch.empty(1).expand(scan.array.shape), scan.affine)
    return tuple(grid.shape[1:]), grid.affine.numpy()


def _to_ras(tensor: torch.Tensor, affine: NDArray[np.float64]) -> Any:
    """``(1, X, Y, Z)`` tensor with its affine, axes flipped and permuted to RAS order."""
    from monai.data import MetaTensor
    from monai.transforms import Orientation

    image = MetaTensor(tensor[None], affine=torch.from_numpy(affine))
    return Orientation("RAS", labels=(("L", "R"), ("P", "A"), ("I", "S")))(image)
