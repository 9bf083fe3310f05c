"""Gaussian blur with one width per sample, or one for each of its axes."""

from __future__ import annotations

import torch
from torch import Tensor

from ..random import decisions

_TRUNCATE = 4.0


def draw_blur(seeds: Tensor, max_sigma: float = 2.0) -> Tensor:
    """Draw the standard deviation of each sample's kernel, ``(B,)`` voxels, uniform in 0 .. max."""
    return decisions(seeds, 1, "blur")[:, 0] * max_sigma


def _kernels(sigmas: Tensor) -> Tensor:
    """Return normalised kernels ``(B, 2 R + 1)``, cut at four standard deviations."""
    radii = (_TRUNCATE * sigmas + 0.5).floor()
    reach = int(radii.max())
    steps = torch.arange(-reach, reach + 1, dtype=torch.float64)
    widths = sigmas.double().clamp_min(1e-3)[:, None]
    weights = torch.exp(-0.5 * (steps / widths) ** 2) * (steps.abs() <= radii[:, None])
    return weights / weights.sum(1, keepdim=True)


def _matrices(kernels: Tensor, side: int) -> Tensor:
    """Return the blur along one axis as ``(B, side, side)``; the last voxel is repeated outside."""
    reach = kernels.shape[1] // 2
    position = torch.arange(side)[:, None] + torch.arange(-reach, reach + 1)
    place = torch.nn.functional.one_hot(position.clamp(0, side - 1), side).to(kernels.dtype)
    return torch.einsum("bk,ikj->bij", kernels, place)


def gaussian_blur(images: Tensor, sigmas: Tensor) -> Tensor:
    """Blur each sample with its own widths, axis by axis; zero leaves an axis unchanged.

    A blur along one axis is a banded matrix, so the batch takes three batched matrix products, and
    the border is exact whatever the kernel's reach.

    Args:
        images: ``(B, C, X, Y, Z)`` floats.
        sigmas: ``(B,)``, or ``(B, 3)`` for x, y, z: standard deviations in voxels, at least 0.

    Returns:
        The same shape and type, computed in float32.
    """
    widths = sigmas.cpu().reshape(len(images), -1).expand(-1, 3)
    out = images.float()
    for axis, side in enumerate("xyz", start=2):
        kernels = _kernels(widths[:, axis - 2])
        matrix = _matrices(kernels, images.shape[axis]).to(images.device, torch.float32)
        target = "xyz".replace(side, "o")
        out = torch.einsum(f"bo{side},bcxyz->bc{target}", matrix, out)
    return out.to(images.dtype)
