"""``medssl probe``: does an encoder tell objects from background, nodules from the rest?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from monai.bundle import ConfigParser
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from ..crops import CandidateCropDataset, ObjectCropDataset
from ..crops.object_crops import place_crop, read_padded
from ..engines import apply_window
from ..errors import UserError
from ..random import fold
from ..store import load_datalist, open_volume
from ..transfer import network_of
from .bundles import override, read_config
from .probe import Probe, compare

ATTEMPTS = 32


class ObjectOrBackground(Dataset[dict[str, Any]]):
    """For each labelled object its crop, and one of the same scan that shows no labelled voxel.

    Of the places without an object among ``attempts`` random ones the background crop takes that
    whose mean intensity within ``window`` is nearest to the object's crop, so that density alone
    tells the two apart as little as possible. Where no such place is found the object has no
    partner.

    Args:
        objects: crops of the task's split; items of a prepared folder, with ``patient``.
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
        """Return ``image`` int16 HU ``(1, X, Y, Z)``, ``target`` (1: object) and ``patient``."""
        number, start = self._places[index]
        item = self._items[number]
        if start is None:
            image = self.objects[number]["image"]
        else:
            image = self._read(item["image"], start, self.objects.pad_hu)
        patient = str(item.get("patient", item["id"]))
        return {"image": image, "target": int(start is None), "patient": patient}

    def _read(self, path: str, start: NDArray[np.int64], fill: int) -> Tensor:
        return torch.from_numpy(
            read_padded(open_volume(path), start, self.objects.crop_size, fill)[None]
        )

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
        free = [start for start in starts if not self._read(item["label"], start, 0).any()]
        wanted = self._density(self.objects[index]["image"])
        densities = [
            self._density(self._read(item["image"], start, self.objects.pad_hu)) for start in free
        ]
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


def _crops(parser: ConfigParser, data: str | Path, split: str) -> Crops:
    keys = ("seed", "crop_size", "window")
    seed, size, window = map(parser.get_parsed_content, keys)
    if "candidates" not in parser:
        items = load_datalist(data, split, labelled=True)
        return ObjectOrBackground(ObjectCropDataset(items, size, seed), window)
    table, isotropic_mm = map(parser.get_parsed_content, ("candidates", "isotropic_mm"))
    items = load_datalist(data, split)
    settings = {"isotropic_mm": isotropic_mm, "resampling": "mean", "seed": seed}
    return NoduleOrNot(CandidateCropDataset(items, table, size, **settings), window)


def probe_task(
    source: str | Path,
    data: str | Path,
    bundle: str | Path,
    split: str = "test",
    transfer_from: str = "online",
    overrides: Mapping[str, Any] | None = None,
) -> Probe:
    """Probe pretrained weights on a task's crops, without training a network.

    A segmentation task's objects against background, or a classification task's nodules against
    other candidates.

    Crop size, HU window and network are the bundle's, the network's width the source's as far as
    its ``provenance.json`` says so. Batch norm uses its running statistics, so that a crop's
    features do not depend on its batch.

    Args:
        source: bundle folder, model.pt, released zip, safetensors or foreign checkpoint.
        data: the task's prepared folder; the classifiers are fitted on its training split.
        bundle: folder of the task's bundle.
        split: the split to judge on.
        transfer_from: "online", or "target" for the moving-average network of BYOL.
        overrides: keys of the config, as on MONAI's command line.

    Raises:
        UserError: unreadable input, weights that do not fit, or too few patients.
    """
    parser = read_config(bundle)
    known = network_of(source)
    width = {key: known[key] for key in ("base_channels",) if key in known}
    override(parser, {"batch_norm": "running", **width, **(overrides or {})})
    keys = ("seed", "batch_size", "device", "num_workers")
    seed, batch_size, device, num_workers = map(parser.get_parsed_content, keys)
    training, test = (
        Batches(_crops(parser, data, name), batch_size, device, num_workers)
        for name in ("training", split)
    )
    torch.manual_seed(seed)
    network = parser.get_parsed_content("network_def").to(device)
    return compare(network, source, training, test, transfer_from, seed)
