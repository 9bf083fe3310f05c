"""MONAI's resampling transform with the project's own interpolation in it."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from monai.data import MetaTensor
from monai.transforms import SpatialResample
from monai.utils import TraceKeys

from .on_grid import values_on


class AlongAxes(SpatialResample):
    """``SpatialResample`` of images on the CPU by :func:`~.on_grid.values_on`; can be undone.

    Undoing is MONAI's. Other modes than linear with continued faces, other devices and lazy calls
    are as well.

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
        lazy, kind = given["lazy"], (str(given["mode"]), str(given["padding_mode"]))
        if lazy or kind != ("bilinear", "border") or img.device.type != "cpu":
            return super().__call__(img, dst_affine, spatial_size, **options)
        own, wanted = (torch.as_tensor(a, dtype=torch.float64) for a in (img.affine, dst_affine))
        grid = tuple(map(int, spatial_size)), wanted.numpy()
        channels = [values_on(grid, each.numpy(), own.numpy(), self.antialias) for each in img]
        traced = self.track_transform_meta(
            img,
            sp_size=grid[0],
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
        resampled = MetaTensor(torch.from_numpy(np.stack(channels)))
        return resampled.copy_meta_from(traced)
