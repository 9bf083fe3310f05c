"""The crops that a probe tells apart: objects and background, nodules and the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from ..crops import CandidateCropDataset, ObjectCropDataset
from ..crops.object_crops import place_crop, read_crop, read_padded
from ..engines import apply_window
from ..errors import UserError
from ..random import fold
from ..store import open_volume

ATTEMPTS = 32


class ObjectOrBackground(Dataset[dict[str, Any]]):
    """For each labelled object its crop, and one of the same scan that shows no labelled voxel.

    Of the places without an object among ``attempts`` random ones the background crop takes that
    whose mean intensity within ``window`` is nearest to the object's crop, so that density alone
    tells the two apart as little as possible. Where no such place is found the object has no
    partner.

    Args:
        objects: crops of the task's split; items of a prepared folder, with ``patient``, of
            one channel or several.
        window: low and high end in HU.
        attempts: places to try for each object.

    Raises:
        UserError: no background crop at all.
    """

    def __init__(
        self, objects: ObjectCropDataset, window: Sequence[float], attempts: int = ATTEMPTS
    ) -> None:
        self.objects, self.window, self.attempts = objects, window, attempts
        self._items = [item for item in objects.data for _ in item.get("objects", ())]
        self._places: list[tuple[int, NDArray[np.int64] | None]] = []
        for index in range(len(objects)):
            self._places.append((index, None))
            if (start := self._background(index)) is not None:
                self._places.append((index, start))
        if len(self._places) == len(objects):
            raise UserError(
                f"crop_size: no crop of {list(objects.crop_size)} without an object in "
                f"{len(objects.data)} scan(s); lower crop_size"
            )

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, index: int) -> dict[str, Any]:
        """Return ``image`` int16 HU ``(C, X, Y, Z)``, ``target`` (1: object) and ``patient``."""
        number, start = self._places[index]
        item = self._items[number]
        image = self.objects[number]["image"] if start is None else self._image(item, start)
        patient = str(item.get("patient", item["id"]))
        return {"image": image, "target": int(start is None), "patient": patient}

    def _image(self, item: Mapping[str, Any], start: NDArray[np.int64]) -> Tensor:
        size, fill = self.objects.crop_size, self.objects.pad_hu
        return torch.from_numpy(read_crop(item, start, size, fill))

    def _density(self, hu: Tensor) -> float:
        return float(apply_window(hu, self.window).mean())

    def _background(self, index: int) -> NDArray[np.int64] | None:
        """First voxel of the object's partner; the same for the same seed."""
        item, size = self._items[index], self.objects.crop_size
        shape = open_volume(item["image"]).shape
        rng = np.random.default_rng(fold(self.objects.seed, index, "background"))
        room = np.maximum(np.subtract(shape, size), 0)
        centers = rng.integers(0, room + 1, size=(self.attempts, 3)) + np.floor_divide(size, 2)
        starts = [place_crop(center, size, shape) for center in centers]
        label = open_volume(item["label"])
        free = [start for start in starts if not read_padded(label, start, size, 0).any()]
        wanted = self._density(self.objects[index]["image"])
        densities = [self._density(self._image(item, start)) for start in free]
        return free[int(np.abs(np.subtract(densities, wanted)).argmin())] if free else None


class NoduleOrNot(Dataset[dict[str, Any]]):
    """Crops around all nodules of a candidates table and around as many other candidates.

    The others are drawn from the data set's seed; how many there are of each class does not move an
    AUC.

    Args:
        candidates: of the task's split, with ``resampling`` mean.
        window: low and high end in HU.
    """

    def __init__(self, candidates: CandidateCropDataset, window: Sequence[float]) -> None:
        self.candidates, self.window = candidates, window
        self._indices = candidates.indices(0).tolist()
        self._patients = {str(item["id"]): str(item["patient"]) for item in candidates.data}

    def __len__(self) -> int:
        return len(self._indices)

    def __getitem__(self, index: int) -> dict[str, Any]:
        """Return ``image`` int16 HU ``(1, X, Y, Z)``, ``target`` (1: nodule) and ``patient``."""
        crop = self.candidates[self._indices[index]]
        patient = self._patients[crop["case"]]
        return {"image": crop["image"], "target": int(crop["label"]), "patient": patient}


Crops = ObjectOrBackground | NoduleOrNot


class Batches:
    """Crops of one split on the device, as often as asked for.

    Args:
        crops: of both classes.
        batch_size: crops in a batch.
        device: where the batches go.
        num_workers: of the loader.
    """

    def __init__(
        self, crops: Crops, batch_size: int, device: torch.device, num_workers: int
    ) -> None:
        self.loader = DataLoader(crops, batch_size, num_workers=num_workers)
        self.window, self.device = crops.window, device

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor, Sequence[str]]]:
        for batch in self.loader:
            images = apply_window(batch["image"].to(self.device), self.window)
            yield images, batch["target"], batch["patient"]
