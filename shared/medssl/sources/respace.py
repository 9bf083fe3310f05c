"""Resampling a scan in HU as preparation does, beside data that hold plain strings."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from monai.transforms import Spacingd

from .upright import AIR_HU, fill_outside


class Respaced(Spacingd):
    """MONAI's ``Spacingd`` for scans in HU, and data as MONAI Label hands them over.

    ``Spacingd`` takes every entry whose name begins like the image's for its meta data and updates
    it, for NIfTI files; MONAI Label adds the string ``image_path``, on which that fails. Here it
    does not see strings. What the grid holds beyond a sheared scan (a tilted gantry's) becomes air,
    as in preparation.
    """

    def __call__(
        self, data: Mapping[Hashable, Any], lazy: bool | None = None
    ) -> dict[Hashable, Any]:
        strings = {key: value for key, value in data.items() if isinstance(value, str)}
        others = {key: value for key, value in data.items() if key not in strings}
        result = {**super().__call__(others, lazy), **strings}
        for key in self.key_iterator(others):
            fill_outside(result[key], others[key], AIR_HU)
        return result
