"""Nodules of known voxels, as readers outline them."""

import numpy as np
from scipy import ndimage

from medssl.sources.lidc.consensus import Grid
from medssl.sources.lidc.contours import Contour

SHAPE = (40, 36, 11)
SPACING = (0.7, 0.7, 2.0)


def grid(slices=1, in_plane=-1, first=-100.0, shape=SHAPE):
    """Stored to the left and back as DICOM usually is (``in_plane`` -1), feet or head first."""
    affine = np.diag([in_plane * SPACING[0], in_plane * SPACING[1], slices * SPACING[2], 1.0])
    affine[:3, 3] = (50, 60, first + (shape[2] - 1) * SPACING[2] * (slices < 0))
    return Grid(shape, affine)


def ball(center, radius_mm, shape=SHAPE):
    """Voxels i, j, k nearer to ``center`` (voxels) than a radius in mm."""
    axes = np.ogrid[tuple(slice(n) for n in shape)]
    parts = zip(axes, center, SPACING)
    return sum(((axis - middle) * mm) ** 2 for axis, middle, mm in parts) < radius_mm**2


def outline(region):
    """The pixels around a convex region in the order of their angle: the region is inside them."""
    ring = np.argwhere(ndimage.binary_dilation(region) & ~region)
    x, y = (ring - np.argwhere(region).mean(axis=0)).T
    ordered = ring[np.argsort(np.arctan2(y, x))]
    return np.concatenate([ordered, ordered[:1]])


def drawn(mask, first=-100.0, inclusion=True):
    """How a reader outlines a convex mask, slice by slice from the feet."""
    return tuple(
        Contour(first + k * SPACING[2], inclusion, outline(mask[:, :, k]))
        for k in range(mask.shape[2])
        if mask[:, :, k].any()
    )
