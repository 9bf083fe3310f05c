"""Crops on what is outlined and beside it, in real scans and in synthetic chests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import nibabel as nib
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medssl.phantom import make_chest_phantom
from medssl.random import fold

SIDE = 32
ON_MASK, OFF_MASK = 12, 12
AWAY_MM = 10.0
BODY_HU = -300
LEAST_NODULE_MM = 6.0
PHANTOMS = range(20)
SPACING_MM = 2.0

Mask = NDArray[np.bool_]
Voxels = NDArray[np.int16]


@dataclass(frozen=True)
class Crop:
    """One crop and what is known of it.

    Attributes:
        hu: ``(32, 32, 32)`` int16.
        patient: whose it is.
        region: first folder of the scan's path.
        third: 0 to 2 from the feet, of the places that a crop can have; None in a low scan.
        native_mm: distance of the scan's slices before it was prepared.
        mask: what was outlined, where the crop was cut on the outlined or beside it.
        on: the crop's centre is on it.
        block: 0 to 2 from the feet, of the crops of this scan cut by its mask.
    """

    hu: Voxels
    patient: str
    region: str = ""
    third: int | None = None
    native_mm: float = 0.0
    mask: str = ""
    on: bool = False
    block: int = 0


def phantom_crops(seeds: Iterable[int] = PHANTOMS) -> list[Crop]:
    """Crops on nodules of synthetic chests and in their lungs, of chests with a nodule of 6 mm."""
    found: list[Crop] = []
    for seed in seeds:
        chest = make_chest_phantom(seed, (SPACING_MM,) * 3)
        large = [
            number
            for number, nodule in enumerate(chest.nodules, 1)
            if nodule.diameter_mm >= LEAST_NODULE_MM
        ]
        small = (chest.nodule_mask > 0) & ~np.isin(chest.nodule_mask, large)
        lung = chest.lung_mask & (_distance_mm(small) > AWAY_MM)
        on = np.isin(chest.nodule_mask, large)
        found += mask_crops(chest.volume, on, lung, f"phantom {seed}", "nodule")
    return found


def mask_crops(hu: Voxels, mask: Mask, allowed: Mask, patient: str, name: str) -> list[Crop]:
    """Crops centred on a mask and in the rest of what is allowed, 10 mm or more away from it.

    Only whole crops are cut, so that neither kind shows more of what lies outside the scan.

    Args:
        hu: ``(X, Y, Z)``, at 2 mm.
        mask: the outlined.
        allowed: where the others may lie.
        patient, name: for the crops.

    Returns:
        None of either kind where there is no place for one of them.
    """
    whole = np.zeros_like(mask)
    half = SIDE // 2
    whole[tuple(slice(half, length - half + 1) for length in hu.shape)] = True
    rng = np.random.default_rng(fold(patient, name))
    others = allowed & (_distance_mm(mask) >= AWAY_MM)
    places = [np.argwhere(some & whole) for some in (mask, others)]
    if not all(map(len, places)):
        return []
    centres = [
        (centre, on)
        for some, on, count in zip(places, (True, False), (ON_MASK, OFF_MASK), strict=True)
        for centre in some[rng.permutation(len(some))[:count]]
    ]
    ends = np.quantile([centre[2] for centre, _ in centres], (1 / 3, 2 / 3))
    return [
        Crop(
            hu[tuple(slice(at - half, at + half) for at in centre)],
            patient,
            mask=name,
            on=on,
            block=int((centre[2] > ends).sum()),
        )
        for centre, on in centres
    ]


def on_grid(path: Path, affine: NDArray[np.float64], shape: Sequence[int]) -> Mask:
    """A mask in its own file, at the voxels of another grid; False beyond it.

    Args:
        path: NIfTI file, more than 0 where it is.
        affine: voxel index to RAS mm of the other grid.
        shape: of the other grid.
    """
    image = nib.load(path)
    steps = np.linalg.inv(image.affine) @ affine
    values = (np.asarray(image.dataobj) > 0).astype(np.uint8)
    moved = ndimage.affine_transform(
        values, steps[:3, :3], steps[:3, 3], output_shape=tuple(shape), order=0
    )
    return np.asarray(moved > 0)


def body_of(hu: Voxels) -> Mask:
    """The largest connected part denser than -300 HU once thin things are gone: no table."""
    dense = ndimage.binary_opening(hu > BODY_HU, iterations=2)
    parts, _ = ndimage.label(dense)
    return np.asarray(parts == 1 + np.bincount(parts.ravel())[1:].argmax())


def _distance_mm(mask: Mask) -> NDArray[np.float64]:
    """From each voxel to the mask; everything is far from an empty one."""
    if not mask.any():
        return np.full(mask.shape, np.inf)
    return np.asarray(ndimage.distance_transform_edt(~mask, sampling=SPACING_MM))
