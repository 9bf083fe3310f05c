"""Predictions on the grid that a scan came with, beside its label map as it was drawn."""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from monai.data import MetaTensor
from monai.transforms import MapTransform

from ..classes import read_classes
from ..errors import UserError
from ..sources.along_axes import channels_on
from ..sources.find import source_of
from ..sources.readers import BrokenScanError, read_source
from ..sources.records import sha256_of_source
from ..sources.resampling import Volume, prepare_label
from ..store.open_volumes import open_item
from .label_maps import to_classes

OWN_PRED, OWN_LABEL = "own_pred", "own_label"


class OnOwnGridd(MapTransform):
    """Bring a prediction back to the grid that its scan had before preparation, as inference does.

    Adds ``own_pred``, the probabilities ``(C, X, Y, Z)`` there, linear and before any threshold,
    and ``own_label``, class numbers ``(1, X, Y, Z)`` of the label map as it was drawn, both in RAS
    order. The grid of a tilted gantry is the rectangular one that preparation makes of it.

    Args:
        keys: the prediction, probabilities on the grid of the prepared scan.
        raw_dir: folder that the scans were prepared from.
        data: items of the prepared folder.
        classes: for each class, from 1 on, the values of the label maps that belong to it.

    Raises:
        UserError: a label map that is not there, or not the one that was prepared.
    """

    def __init__(
        self,
        keys: str,
        raw_dir: str | Path,
        data: Sequence[Mapping[str, Any]],
        classes: Sequence[Sequence[int]] = ((1,),),
    ) -> None:
        super().__init__(keys)
        self.folder, self.parts = Path(raw_dir), read_classes(classes).parts
        self.items = {str(item["id"]): item for item in data}

    def __call__(self, data: Mapping[Hashable, Any]) -> dict[Hashable, Any]:
        result = dict(data)
        volume = open_item(self.items[str(result["case"])])
        label = _drawn(self.folder, json.loads(volume.attributes["record"]))
        numbers = torch.from_numpy(to_classes(label.array, self.parts)[None])
        for key in self.key_iterator(result):
            values = torch.as_tensor(result[key]).as_subclass(torch.Tensor)
            image = MetaTensor(values, affine=torch.from_numpy(volume.affine))
            own = label.array.shape, label.affine
            result[OWN_PRED] = channels_on(own, image, antialias=False)
            result[OWN_LABEL] = numbers.to(values)
        return result


def _drawn(folder: Path, record: Mapping[str, Any]) -> Volume:
    """A case's label map in RAS order on its own grid."""
    name = str(record.get("label_source", ""))
    path = folder / name
    if not name or not path.exists():
        raise UserError(
            f"raw_dir: no label map {name or 'file'} of {record['id']} in {folder}; give the "
            "folder that was prepared, or leave --raw_dir out"
        )
    try:
        source = source_of(path)
        if sha256_of_source(source) != record["label_source_sha256"]:
            raise BrokenScanError("not the file that was prepared; prepare again")
        scan = read_source(source)
        return prepare_label(scan, scan, None)
    except BrokenScanError as error:
        raise UserError(f"{path}: {error}") from error
