"""The reader of preparation as a transform of MONAI, for inference and MONAI Label."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from monai.config import KeysCollection
from monai.data import MetaTensor
from monai.transforms import MapTransform, Orientation
from monai.utils import MetaKeys, SpaceKeys
from nibabel import aff2axcodes

from ..errors import UserError
from ..store.contract import HU, check_intensity
from .channel_files import group_channels
from .grids import on_one_grid
from .intensity import says_mr
from .readers import BrokenScanError, Source, read_image, source_of
from .scan_names import CALLED, NAME, SERIES, SHARED, name_of, table_names
from .upright import OUTSIDE, outside_of


class LoadScand(MapTransform):
    """Replace the path of a scan by its voxels, read and checked as ``medssl prepare`` does.

    The path is that of a file, of a folder with one DICOM series, or ``folder#UID``; a list holds
    the channels of a case. The image becomes a float32 MetaTensor ``(C, X, Y, Z)``, in HU or on the
    scale that ``intensity`` gives, with its affine to RAS mm and the meta data with which results
    are put back onto the scan's own grid and named.

    Args:
        keys: of the image.
        intensity: rule for its values, see :mod:`~.intensity`.
        channels: how many a network sees. Of several, one path is a four-dimensional NIfTI.
        names: of the channels, as the scans of the training called them; None where nobody knows.

    Raises:
        UserError: no such scan, one that preparation refuses, a CT for what was trained on MR (as
            far as the scan's format says so, DICOM alone does), channels on different grids, or
            fewer or more than ``channels``; the line names it.
    """

    def __init__(
        self,
        keys: KeysCollection,
        intensity: str = HU,
        channels: int = 1,
        names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(keys)
        self.intensity, self.channels = check_intensity(intensity), channels
        self.of_mr = self.intensity != HU and says_mr(names or ())

    def __call__(self, data: Mapping[Hashable, Any]) -> dict[Hashable, Any]:
        result = dict(data)
        for key in self.key_iterator(result):
            paths = self._paths(result[key])
            sources = [source_of(Path(path)) for path in paths]
            name = str(result.get(NAME) or name_of(paths[0]))
            names = result if CALLED in result else table_names(sources[:1], [name])[0]
            kept = {NAME: name, **{each: names[each] for each in (CALLED, SHARED)}}
            loaded = [self._load(*each, kept) for each in zip(sources, paths, strict=True)]
            result[key] = _stacked(loaded, paths)
        return result

    def _paths(self, given: Any) -> list[str]:
        """The path of each channel."""
        if isinstance(given, list) or self.channels == 1:
            return [str(path) for path in (given if isinstance(given, list) else [given])]
        (case,) = group_channels([source_of(Path(given))], self.channels)
        if case.reason:
            raise UserError(f"{given}: {case.reason}")
        return list(case.paths)

    def _load(self, source: Source, path: str, names: Mapping[str, str]) -> MetaTensor:
        try:
            scan = read_image(source, self.intensity)
        except BrokenScanError as error:
            raise UserError(f"{path}: {error}") from error
        if scan.ct and self.of_mr:
            raise UserError(f"{path}: a CT, the model was trained on MR; give it MR")
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


def _stacked(channels: Sequence[MetaTensor], paths: Sequence[str]) -> MetaTensor:
    """One image of all channels, on the grid of the first; each has its own value outside."""
    first = channels[0]
    if len(channels) == 1:
        return first
    turned = [first, *(_turned_as(first, channel) for channel in channels[1:])]
    for channel, path in zip(turned[1:], paths[1:], strict=True):
        grids = [(each.shape[1:], each.affine.numpy()) for each in (first, channel)]
        if not on_one_grid(*grids):
            raise UserError(f"{paths[0]} and {path} are channels on different grids; resample one")
    stacked: MetaTensor = torch.cat(turned)
    stacked.meta[OUTSIDE] = [channel.meta[OUTSIDE] for channel in channels]
    return stacked


def _turned_as(first: MetaTensor, channel: MetaTensor) -> MetaTensor:
    """A channel with its axes in the order of the first, whose meta data they share."""
    codes = "".join(aff2axcodes(first.affine.numpy()))
    labels = (("L", "R"), ("P", "A"), ("I", "S"))
    turned: MetaTensor = Orientation(codes, labels=labels)(channel)
    return turned
