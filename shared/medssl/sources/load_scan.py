"""The reader of preparation as a transform of MONAI, for inference and MONAI Label."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from monai.config import KeysCollection
from monai.data import MetaTensor
from monai.transforms import MapTransform
from monai.utils import MetaKeys, SpaceKeys

from ..errors import UserError
from ..store.contract import HU, check_intensity
from .readers import BrokenScanError, read_image, source_of
from .scan import Source
from .scan_names import CALLED, NAME, SERIES, SHARED, name_of, table_names
from .upright import OUTSIDE, outside_of


class LoadScand(MapTransform):
    """Replace the path of a scan by its voxels, read and checked as ``medssl prepare`` does.

    The path is that of a file, of a folder with one DICOM series, or ``folder#UID``. The image
    becomes a float32 MetaTensor ``(1, X, Y, Z)``, in HU or on the scale that ``intensity`` gives,
    with its affine to RAS mm and the meta data with which results are put back onto the scan's own
    grid and named.

    Args:
        keys: of the image.
        intensity: rule for its values, see :mod:`~.intensity`.

    Raises:
        UserError: no such scan, or one that preparation refuses; the line names it.
    """

    def __init__(self, keys: KeysCollection, intensity: str = HU) -> None:
        super().__init__(keys)
        self.intensity = check_intensity(intensity)

    def __call__(self, data: Mapping[Hashable, Any]) -> dict[Hashable, Any]:
        result = dict(data)
        for key in self.key_iterator(result):
            path = str(result[key])
            source = source_of(Path(path))
            name = str(result.get(NAME) or name_of(path))
            names = result if CALLED in result else table_names([source], [name])[0]
            kept = {each: names[each] for each in (CALLED, SHARED)}
            result[key] = _load(path, source, self.intensity, {NAME: name, **kept})
        return result


def _load(path: str, source: Source, intensity: str, names: Mapping[str, str]) -> MetaTensor:
    try:
        scan = read_image(source, intensity)
    except BrokenScanError as error:
        raise UserError(f"{path}: {error}") from error
    voxels = torch.from_numpy(scan.values())[None]
    affine = torch.from_numpy(scan.affine)
    meta = {
        MetaKeys.ORIGINAL_AFFINE: affine.clone(),
        MetaKeys.SPATIAL_SHAPE: np.array(scan.array.shape),
        MetaKeys.SPACE: SpaceKeys.RAS,
        "filename_or_obj": path,
        SERIES: source.series,
        OUTSIDE: outside_of(scan),
        **names,
    }
    return MetaTensor(voxels, affine=affine, meta=meta)
