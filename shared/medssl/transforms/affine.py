"""Random rotation and scaling about the centre, in voxel space, batched."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from ..random import decisions
from .rows import SampleParams


@dataclass(frozen=True)
class AffineParams(SampleParams):
    """``degrees`` ``(B, 3)`` about x, y, z and ``scales`` ``(B, 3)`` along x, y, z."""

    degrees: Tensor
    scales: Tensor


def draw_affine(
    seeds: Tensor,
    max_degrees: float = 10.0,
    scale_range: tuple[float, float] = (0.8, 1.2),
    isotropic: bool = False,
) -> AffineParams:
    """Draw angles uniform in +-``max_degrees`` and scales uniform in ``scale_range``.

    Args:
        seeds: ``(B,)`` sample seeds.
        max_degrees: largest angle about each axis, in degrees.
        scale_range: smallest and largest scale; above 1 the content grows.
        isotropic: one scale for the three axes instead of one for each.
    """
    uniforms = decisions(seeds, 6, "affine")
    low, high = scale_range
    scales = low + (high - low) * uniforms[:, 3:]
    if isotropic:
        scales = scales[:, :1].expand(-1, 3)
    return AffineParams((2 * uniforms[:, :3] - 1) * max_degrees, scales)


def rotation_matrices(degrees: Tensor) -> Tensor:
    """Return ``Rz Ry Rx``, ``(B, 3, 3)``, from degrees ``(B, 3)`` about x, y, z (right-handed)."""
    radians = degrees.deg2rad()
    sin, cos = radians.sin(), radians.cos()
    product = torch.eye(3, dtype=degrees.dtype).expand(len(degrees), 3, 3)
    for axis, (i, j) in enumerate(((1, 2), (2, 0), (0, 1))):
        turn = torch.eye(3, dtype=degrees.dtype).repeat(len(degrees), 1, 1)
        turn[:, i, i] = turn[:, j, j] = cos[:, axis]
        turn[:, i, j], turn[:, j, i] = -sin[:, axis], sin[:, axis]
        product = turn @ product
    return product


def apply_affine(
    images: Tensor, params: AffineParams, mode: str = "bilinear", padding: str = "border"
) -> Tensor:
    """Scale, then rotate the content of each sample about its centre.

    Angles are true angles in voxels whatever the shape: a crop of 64 x 64 x 32 isotropic voxels is
    turned rigidly.

    Args:
        images: ``(B, C, X, Y, Z)`` floats.
        params: angles and scales.
        mode: ``bilinear`` (trilinear here) for images, ``nearest`` for labels.
        padding: what lies outside: ``border`` repeats the last voxel and so invents no edge,
            ``zeros`` puts the lowest intensity.

    Returns:
        The same shape and type; interpolation is done in float32.
    """
    forward = rotation_matrices(params.degrees) * params.scales[:, None, :]
    inverse = torch.linalg.inv(forward)
    half = torch.tensor(images.shape[2:], dtype=inverse.dtype) / 2
    # Voxels to grid_sample's units, where each axis spans [-1, 1], and from x, y, z to its z, y, x.
    normalised = (inverse * half / half[:, None]).flip(1, 2)
    theta = F.pad(normalised, (0, 1)).to(images.device, torch.float32)
    grid = F.affine_grid(theta, list(images.shape), align_corners=False)
    moved = F.grid_sample(
        images.float(), grid, mode=mode, padding_mode=padding, align_corners=False
    )
    return moved.to(images.dtype)
