"""PSNR and SSIM of restored crops, beside those of the trivial answers."""

from __future__ import annotations

import numpy as np
import torch
from monai.metrics.regression import compute_ssim_and_cs
from torch import Tensor

from .bootstrap import Values
from .restoration import COLUMNS, NAMES, SCOPES, RestorationSkill, sums_of

WINDOW, SIGMA = 7, 1.5


def ssim_map(images: Tensor, targets: Tensor) -> Tensor:
    """Structural similarity at each voxel whose window of 7 voxels fits (Wang et al. 2004).

    Args:
        images: ``(B, C, X, Y, Z)`` in [0, 1], each side at least 7.
        targets: the same shape.

    Returns:
        ``(B, C, X - 6, Y - 6, Z - 6)``.
    """
    flat = [part.flatten(0, 1)[:, None] for part in (images, targets)]
    found, _ = compute_ssim_and_cs(*flat, 3, [WINDOW] * 3, [SIGMA] * 3)
    return found.unflatten(0, images.shape[:2])[:, :, 0]


class RestorationQuality(RestorationSkill):
    """:class:`RestorationSkill` with ``psnr`` and ``ssim`` of the network and of each answer.

    PSNR is that of the mean squared error over all samples, for a range of 1. SSIM is the mean over
    voxels whose window of 7 voxels (Gaussian, 1.5) lies in the crop. ``corrupted_psnr`` and
    ``corrupted_ssim`` are those of the corrupted voxels alone. The best constant has no SSIM here:
    each target's own mean is flat as well, and better.
    """

    def sums(self, answers: list[Tensor], target: Tensor, changed: Tensor) -> Tensor:
        """What the skill needs; then voxels and summed SSIM of each answer, all and corrupted."""
        inside = slice(WINDOW // 2, -(WINDOW // 2))
        maps = [ssim_map(answer, target) for answer in answers]
        likeness = sums_of([torch.ones_like(maps[0]), *maps], changed[..., inside, inside, inside])
        return torch.cat([super().sums(answers, target, changed), likeness], dim=1)

    def figures(self, totals: Values) -> dict[str, float]:
        """Errors, PSNR and SSIM."""
        found = super().figures(totals)
        errors = {name: value for name, value in found.items() if "mse" in name}
        for name, value in errors.items():
            found[name.replace("mse", "psnr")] = float(-10 * np.log10(max(value, 1e-12)))
        width = 1 + len(NAMES)
        for index, scope in enumerate(SCOPES):
            voxels, *sums = totals[len(SCOPES) * COLUMNS + index * width :][:width]
            for name, value in zip(NAMES, sums, strict=True):
                if voxels and name in ("network", *self.answers):
                    end = "" if name == "network" else f"_{name}"
                    found[f"{scope}ssim{end}"] = float(value / voxels)
        return found
