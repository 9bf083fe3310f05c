"""Resampling a raw scan for inference as preparation does, beside plain strings."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
from monai.data import MetaTensor
from monai.transforms import Spacingd

from ..errors import UserError
from ..store.contract import check_antialias, check_clip, check_spacing
from .along_axes import AlongAxes
from .grids import Grid
from .ras import check_room
from .scan import BrokenScanError
from .upright import AIR_HU, OUTSIDE, fill_outside, upright_spacing

_OWN = (-1.0, -1.0, -1.0)  # to MONAI


class Respaced(Spacingd):
    """MONAI's ``Spacingd``, giving what ``medssl prepare`` stores.

    A scan that keeps its own spacing keeps its grid and voxels, even where its axes are not quite
    perpendicular; that of a tilted gantry is resampled all the same. What this leaves empty of the
    rectangular grid is air, or the scan's darkest value. ``Spacingd`` takes every entry
    whose name begins like the image's for its meta data and updates it, for NIfTI files; MONAI
    Label adds the string ``image_path``, on which that fails. Here it does not see strings.

    Args:
        keys: of images ``(C, X, Y, Z)`` in RAS order.
        pixdim: voxel size in mm, one number or three (x, y, z); None or ``native`` keeps the
            scan's own.
        clip: lowest and highest value to keep; None clips nothing.
        antialias: blur along axes that become coarser, see :mod:`~.separable`.
        options: of ``Spacingd``.

    Raises:
        UserError: no voxel size, neither true nor false, or too many voxels at that one.
    """

    def __init__(
        self,
        keys: str | Sequence[str],
        pixdim: float | Sequence[float] | str | None,
        clip: Sequence[float] | None = None,
        antialias: bool = True,
        **options: Any,
    ) -> None:
        self.wanted = None if pixdim is None else check_spacing(pixdim)
        super().__init__(keys, pixdim=self.wanted or _OWN, **options)
        plain = self.spacing_transform.sp_resample
        kept = {key: getattr(plain, key) for key in ("mode", "padding_mode", "align_corners")}
        blur = check_antialias(antialias)
        self.spacing_transform.sp_resample = AlongAxes(blur, dtype=plain.dtype, **kept)
        self.clip = check_clip(clip)

    def __call__(
        self, data: Mapping[Hashable, Any], lazy: bool | None = None
    ) -> dict[Hashable, Any]:
        result = dict(data)
        for key in self.key_iterator(result):
            result[key] = self._respaced(key, result[key], lazy)
        return result

    def _respaced(self, key: Hashable, given: MetaTensor, lazy: bool | None) -> MetaTensor:
        image: MetaTensor = given.cpu()
        wanted = self.wanted or upright_spacing(image.affine.numpy())
        if wanted is None:
            own = image.affine, image.shape[1:]
            resampled: MetaTensor = self.spacing_transform.sp_resample(image, *own, lazy=lazy)
        else:
            resampled = self._at(wanted, key, image, lazy)
        if self.clip is not None:
            resampled.clamp_(*self.clip)
        back: MetaTensor = resampled.to(given.device)
        return back

    def _at(
        self, wanted: Sequence[float], key: Hashable, image: MetaTensor, lazy: bool | None
    ) -> MetaTensor:
        """The image on the rectangular grid of these voxel sizes."""
        try:
            check_room(_grid(image), wanted)
        except BrokenScanError as error:
            raise UserError(f"{image.meta.get('filename_or_obj', key)}: {error}") from error
        self.spacing_transform.pixdim = np.asarray(wanted, dtype=np.float64)
        resampled: MetaTensor = super().__call__({key: image}, lazy)[key]
        outside = np.broadcast_to(image.meta.get(OUTSIDE, AIR_HU), len(resampled)).tolist()
        for channel, value in zip(resampled, outside, strict=True):
            fill_outside(channel.numpy(), _grid(resampled), _grid(image), value)
        return resampled


def _grid(image: MetaTensor) -> Grid:
    return tuple(image.shape[1:]), image.affine.numpy()
