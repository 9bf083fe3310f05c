"""Axes of one sharpness, so that no task can be solved by telling which of them is the blurriest.

A scan of 0.7 x 0.7 x 2.5 mm that was resampled to 1 mm is blurrier along z, and its values between
two slices lie on a line: a lattice of 2.5 voxels along z, of 0.7 along x and y. Both tell the axes
apart, in noise as in anatomy.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..errors import UserError
from ..random import decisions
from .blur import gaussian_blur

# Standard deviation of the low-pass in native voxels of the coarsest axis: from 0.8 on neither
# second differences nor their change from slice to slice find a lattice of 2.5 voxels.
LATTICE = 0.8
ALIKE = 1.02  # native voxels that differ by less are lattices alike on all axes
ROUNDS = 2
RANDOM = 0.25  # squared widths are raised by up to this share at random
LARGEST = 1.5  # native voxels of the coarsest axis that an axis is widened by at most
LEAST = 3e-5  # second differences below it, 0.06 HU in a window of 2,000, are no change


class SharpnessEqualiser:
    """Brings all axes of a sample to the sharpness of its blurriest one, with Gaussian filters.

    1. Where the scan was resampled and its native voxels were not cubes, a low-pass alike on all
       axes, as wide as the coarsest native grid asks for, removes the lattices.
    2. The sharpness of each axis is measured (:func:`squared_widths`) and the sharper ones are
       filtered until they equal the blurriest. Measuring also sees what voxel sizes do not tell:
       the scanner's kernel and the thickness of its slices.
    3. Each axis is filtered once more, by a width that is drawn for it alone, from one law for
       all axes: what is left of a difference drowns in it.

    Args:
        margin: voxels to cut off each face afterwards, where the filter saw beyond the crop. With 0
            the last voxel is repeated outside, as no neighbour of a puzzle's cube may be seen.

    Raises:
        UserError: the margin is negative or leaves nothing.
    """

    def __init__(self, margin: int = 0) -> None:
        if margin < 0:
            raise UserError(f"margin: {margin}, expected voxels of 0 or more")
        self.margin = margin

    def draw(self, seeds: Tensor) -> Tensor:
        """Draw ``(B, 3)`` numbers in [0, 1), one for each axis."""
        return decisions(seeds, 3, "sharpness")

    def apply(self, images: Tensor, pitch: Tensor, extra: Tensor) -> Tensor:
        """Equalise with the numbers of :meth:`draw`; all channels of a sample are treated alike.

        Args:
            images: ``(B, C, X, Y, Z)`` floats.
            pitch: ``(B, 3)``, size of the native voxels in voxels of the images.
            extra: ``(B, 3)``, see :meth:`draw`.

        Returns:
            ``(B, C, X - 2 margin, ...)``.
        """
        inside = [side - 2 * self.margin for side in images.shape[2:]]
        if min(inside) < 1:
            raise UserError(
                f"margin: {self.margin} leaves nothing of crops {list(images.shape[2:])}; "
                "cut crops that are wider by twice the margin"
            )
        coarsest = pitch.double().cpu().amax(1, keepdim=True).clamp_min(1.0)
        uneven = coarsest > ALIKE * pitch.double().cpu().amin(1, keepdim=True)
        out = gaussian_blur(images, (LATTICE * coarsest * uneven).expand(-1, 3))
        for final in [False] * (ROUNDS - 1) + [True]:
            widths = squared_widths(out)
            blurriest = widths.amax(1, keepdim=True)
            missing = (blurriest - widths).clamp_max((LARGEST * coarsest) ** 2)
            random = RANDOM * extra.cpu() * blurriest.clamp_max(coarsest**2) if final else 0.0
            out = gaussian_blur(out, (missing + random).sqrt())
        for axis, side in enumerate(inside, start=2):
            out = out.narrow(axis, self.margin, side)
        return out.contiguous()

    def __call__(self, images: Tensor, pitch: Tensor, seeds: Tensor) -> Tensor:
        """Draw and apply; ``seeds`` are the sample seeds ``(B,)``."""
        return self.apply(images, pitch, self.draw(seeds.cpu()))


def squared_widths(images: Tensor) -> Tensor:
    """Width of each axis' blur, measured, squared: ``(B, 3)`` float64 on the CPU, voxels squared.

    For noise under a Gaussian filter of standard deviation s along an axis, 1.5 times its mean
    squared difference over its mean squared second difference is s squared, whatever its strength
    and the other axes. The means are geometric ones: most voxels of a scan are noise in a quiet
    place, and they outvote the edges, whose directions are anatomy. What does not change, such as
    air below the window, has no vote, and an eighth at each face is left out.

    Args:
        images: ``(B, C, X, Y, Z)`` floats in [0, 1]; a sample's channels are taken together.
    """
    inner = images.float()
    for axis in (2, 3, 4):
        side = inner.shape[axis]
        inner = inner.narrow(axis, side // 8, side - 2 * (side // 8))
    ratios = [_ratio(inner.diff(dim=axis), axis) for axis in (2, 3, 4)]
    return 1.5 * torch.stack(ratios, dim=1).double().cpu()


def _ratio(first: Tensor, axis: int) -> Tensor:
    """Squared differences over squared second differences, geometric means ``(B,)``."""
    second = first.diff(dim=axis)
    votes = second.abs() > LEAST
    first = first.narrow(axis, 0, second.shape[axis])
    logs = first.square().add_(LEAST**2).log_().sub_(second.square_().add_(LEAST**2).log_())
    voters = votes.sum((1, 2, 3, 4)).clamp_min(1)
    return (logs.mul_(votes).sum((1, 2, 3, 4)) / voters).exp()
