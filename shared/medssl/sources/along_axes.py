"""MONAI's resampling transform with the project's own interpolation in it."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from monai.data import MetaTensor
from monai.transforms import SpatialResample
from monai.utils import TraceKeys

from .grids import Grid
from .on_grid import slabs_on

_OURS = ("bilinear", "border")


class AlongAxes(SpatialResample):
    """``SpatialResample`` by :func:`~.on_grid.slabs_on`, on the CPU wherever images lie.

    It can be undone; then nothing is blurred. Other modes than linear with continued faces and lazy
    calls are MONAI's.

    Args:
        antialias: blur along axes that become coarser.
        options: of ``SpatialResample``.
    """

    def __init__(self, antialias: bool, **options: Any) -> None:
        super().__init__(**options)
        self.antialias = antialias

    def __call__(
        self, img: MetaTensor, dst_affine: Any = None, spatial_size: Any = None, **options: Any
    ) -> torch.Tensor:
        given = {"mode": self.mode, "padding_mode": self.padding_mode, "lazy": self.lazy}
        given |= {key: value for key, value in options.items() if value is not None}
        if given["lazy"] or not _is_ours(given):
            return super().__call__(img, dst_affine, spatial_size, **options)
        own, wanted = (torch.as_tensor(a, dtype=torch.float64) for a in (img.affine, dst_affine))
        size = tuple(map(int, spatial_size))
        traced = self.track_transform_meta(
            img,
            sp_size=size,
            affine=torch.linalg.solve(own, wanted),
            extra_info={
                "dtype": "float32",
                "mode": "bilinear",
                "padding_mode": "border",
                "align_corners": TraceKeys.NONE,
                "src_affine": own,
            },
            orig_size=tuple(img.shape[1:]),
            transform_info=self.get_transform_info(),
        )
        resampled = channels_on((size, wanted.numpy()), img, self.antialias)
        return MetaTensor(resampled).copy_meta_from(traced)

    def inverse(self, data: MetaTensor) -> torch.Tensor:
        last = self.get_most_recent_transform(data)
        traced = last[TraceKeys.EXTRA_INFO]
        if not _is_ours(traced):
            return super().inverse(data)
        self.pop_transform(data)
        affine = torch.as_tensor(traced["src_affine"], dtype=torch.float64)
        size = tuple(map(int, last[TraceKeys.ORIG_SIZE]))
        back: MetaTensor = MetaTensor(channels_on((size, affine.numpy()), data, antialias=False))
        back.copy_meta_from(data)
        back.affine = affine
        return back


def channels_on(grid: Grid, image: MetaTensor, antialias: bool) -> torch.Tensor:
    """Each channel of ``(C, X, Y, Z)`` on another grid, float32, computed on the CPU.

    Args:
        grid: the new one; of the image's own each voxel is what it was.
        image: with its affine.
        antialias: blur along axes that become coarser.

    Returns:
        New voxels on the image's device.
    """
    affine = image.affine.numpy().astype(np.float64)
    plain = image.as_tensor()
    if tuple(grid[0]) == tuple(plain.shape[1:]) and np.array_equal(grid[1], affine):
        return plain.to(torch.float32, copy=True)
    there = np.empty((len(plain), *grid[0]), np.float32)
    for channel, values in zip(there, plain.float().cpu().numpy(), strict=True):
        for where, slab in slabs_on(grid, values, affine, antialias):
            channel[where] = slab
    return torch.from_numpy(there).to(plain.device)


def _is_ours(asked: Any) -> bool:
    return (str(asked["mode"]), str(asked["padding_mode"])) == _OURS
