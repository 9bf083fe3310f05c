"""PSNR and SSIM of restored crops, beside those of the trivial answers."""

from __future__ import annotations

import numpy as np
import torch
from monai.metrics.regression import compute_ssim_and_cs
from torch import Tensor

from .bootstrap import Values
from .restoration import COLUMNS, NAMES, SCOPES, RestorationSkill, sums_of

WINDOW, SIGMA = 7, 1.5
STEPS = 33  # of the constants that are tried, from 0 to 1
C1 = 0.01**2  # of SSIM's term of means, for a range of 1


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


def constant_ssim(targets: Tensor, changed: Tensor) -> Tensor:
    """SSIM of each of 33 constant images, summed: all voxels, then the changed ones: ``(B, 66)``.

    Args:
        targets: ``(B, C, X, Y, Z)`` in [0, 1], each side at least 7.
        changed: ``(B, C, X - 6, Y - 6, Z - 6)``, whether it is a corrupted one.
    """
    flat = targets.flatten(0, 1)[:, None]
    black, contrast = compute_ssim_and_cs(
        torch.zeros_like(flat), flat, 3, [WINDOW] * 3, [SIGMA] * 3
    )
    # Black differs from other constants in the term of means alone, which is C1 / (mean^2 + C1).
    squares = (C1 * contrast / black - C1).clamp_min(0)
    means = squares.sqrt()
    sums = []
    for value in torch.linspace(0, 1, STEPS).tolist():
        likeness = contrast * (2 * value * means + C1) / (value**2 + squares + C1)
        sums.append(sums_of([likeness.unflatten(0, targets.shape[:2])[:, :, 0]], changed))
    return torch.stack(sums, dim=2).flatten(1)


class RestorationQuality(RestorationSkill):
    """:class:`RestorationSkill` with ``psnr`` and ``ssim`` of the network and of each answer.

    PSNR is that of the mean squared error over all samples, for a range of 1. SSIM is the mean over
    voxels whose window of 7 voxels (Gaussian, 1.5) lies in the crop. ``corrupted_psnr`` and
    ``corrupted_ssim`` are those of the corrupted voxels alone. The best constant is that of the
    figure: for SSIM the best of 33 grey values from 0 to 1.
    """

    def sums(self, answers: list[Tensor], target: Tensor, changed: Tensor) -> Tensor:
        """What the skill needs; then voxels and summed SSIM of each answer, all and corrupted."""
        inside = slice(WINDOW // 2, -(WINDOW // 2))
        maps = [ssim_map(answer, target) for answer in answers]
        within = changed[..., inside, inside, inside]
        likeness = sums_of([torch.ones_like(maps[0]), *maps], within)
        constants = constant_ssim(target, within)
        return torch.cat([super().sums(answers, target, changed), likeness, constants], dim=1)

    def figures(self, totals: Values) -> dict[str, float]:
        """Errors, PSNR and SSIM."""
        found = super().figures(totals)
        errors = {name: value for name, value in found.items() if "mse" in name}
        for name, value in errors.items():
            found[name.replace("mse", "psnr")] = float(-10 * np.log10(max(value, 1e-12)))
        width = 1 + len(NAMES)
        start = len(SCOPES) * (COLUMNS + width)
        for index, scope in enumerate(SCOPES):
            voxels, *sums = totals[len(SCOPES) * COLUMNS + index * width :][:width]
            constants = totals[start + index * STEPS :][:STEPS]
            shares = dict(zip((*NAMES, "constant"), (*sums, constants.max()), strict=True))
            for name, value in shares.items():
                if voxels and name in ("network", *self.answers):
                    end = "" if name == "network" else f"_{name}"
                    found[f"{scope}ssim{end}"] = float(value / voxels)
        return found
