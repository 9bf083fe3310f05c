"""Which windows of a whole scan are worth running: those that show body, those that show lung."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor
from torch.nn.functional import avg_pool3d, pad

from ..errors import UserError
from ..store.contract import HU
from ..store.occupancy import AIR_HU
from .crop_rule import RULES

BLOCK = 4  # voxels
LUNG_HU = (-950, -500)  # between air, the lung of emphysema and healthy lung, and tissue
_LEAST = 1 / 8  # of a block; noise in air seldom reaches it
_RIM, _NEAR = 3, 4  # blocks: what is thinner is skin, not lung; how far lung's matters reach
_SOME = 1_000_000  # voxels suffice for a percentile

Blocks = NDArray[np.bool_]


class WindowRule:
    """Finds where in a scan the windows of a sliding window are to run.

    ``body`` is where voxels exceed -900 HU, or the window's lower end where that is higher; in
    scans that are not in HU what exceeds the 0.5th percentile by a tenth of the way to the 99.5th,
    in any channel. What such voxels enclose in an axial slice belongs to it. ``lung`` is lung and
    what lies within 16 voxels of it, and ``body`` in scans without lung, that are not in HU, or
    whose window does not tell lung from air and from tissue. ``any`` is all.

    Args:
        name: ``body``, ``lung`` or ``any``.
        window: values that the network sees as 0 and 1.
        intensity: what the values mean, see :mod:`medssl.sources.intensity`.

    Raises:
        UserError: no such rule.
    """

    def __init__(self, name: str, window: Sequence[float], intensity: str = HU) -> None:
        if name not in RULES:
            raise UserError(f"window_rule: {name!r}, expected one of {', '.join(sorted(RULES))}")
        self.name, self.intensity = name, intensity
        self.low, self.high = (float(value) for value in window)

    def blocks(self, image: Tensor) -> Blocks | None:
        """Blocks of 4^3 voxels in which there is something to see; None for all.

        Args:
            image: ``(C, X, Y, Z)`` in [0, 1], as the network gets it.

        Returns:
            ``(X / 4, Y / 4, Z / 4)``, rounded up: blocks at the far ends may be cut short.
        """
        if self.name == "any":
            return None
        body = np.zeros((), dtype=bool)
        for channel in image:
            body = body | (_share(channel > self._dark(channel)) >= _LEAST)
        body = _filled(body)
        sees_lung = self.intensity == HU and self.low <= LUNG_HU[0] and self.high > LUNG_HU[1]
        if self.name == "lung" and sees_lung and (lung := self._lung(image, body)).any():
            return lung
        return body

    def _dark(self, channel: Tensor) -> float:
        """What voxels of the patient exceed in one channel, as the network sees it."""
        if self.intensity == HU:
            return max(self._seen(AIR_HU), 0.0)
        some = channel.reshape(-1)[:: max(1, channel.numel() // _SOME)].float()
        low, high = torch.quantile(some, torch.tensor([0.005, 0.995]).to(some)).tolist()
        return float(low + 0.1 * (high - low))

    def _seen(self, hu: float) -> float:
        return (hu - self.low) / (self.high - self.low)

    def _lung(self, image: Tensor, body: Blocks) -> Blocks:
        """Neither air nor tissue, nor the thin rim of both around the body, and what is near."""
        low, high = (self._seen(hu) for hu in LUNG_HU)
        between = (image > low) & (image < high)
        found = np.zeros_like(body)
        for channel in between:
            found |= _share(channel) >= 1 / 2
        whole = ndimage.binary_opening(np.pad(found, _RIM, mode="edge"), np.ones((_RIM,) * 3))
        inner = (slice(_RIM, -_RIM),) * 3
        near = ndimage.binary_dilation(whole[inner], np.ones((3,) * 3), iterations=_NEAR)
        return np.asarray(near & body)


def _share(voxels: Tensor) -> NDArray[np.float32]:
    """Share of the voxels of each block."""
    short = [end for side in reversed(voxels.shape) for end in (0, -side % BLOCK)]
    both = torch.stack([voxels, torch.ones_like(voxels)]).float()
    held, there = avg_pool3d(pad(both, short), BLOCK)
    return np.asarray((held / there).cpu().numpy())


def _filled(blocks: Blocks) -> Blocks:
    """With the holes of each axial slice."""
    slices = [ndimage.binary_fill_holes(blocks[..., z]) for z in range(blocks.shape[2])]
    return np.stack(slices, axis=-1)
