"""Crops of 64 x 64 x 32 voxels a second: MONAI's and TorchIO's ways to keep scans beside medssl.

    python benchmarks/crop_reading.py

The same two prepared scans at 1 mm, as medssl stores them and as uncompressed NIfTI for the others.
MONAI's CacheDataset holds them in memory, its PersistentDataset on disk; TorchIO's Queue takes as
many crops of a scan as it reads it for. Positions are uniform for all; one process, one thread.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import torch
from numpy.typing import NDArray

from equivalence import NotEquivalentError
from interleaved import MISSING, cpu_seconds, peer
from medssl.crops import CropDataset
from medssl.store import StoredVolume, load_datalist

CROP = (64, 64, 32)
SCANS, CROPS, OF_A_SCAN = 2, 32, 16

Array = NDArray[Any]
Cut = tuple[int, tuple[int, int, int], Array]  # number of the scan, first voxel, voxels


def save_plain(volumes: list[StoredVolume], folder: Path) -> list[Path]:
    """The stored volumes as NIfTI files."""
    paths = []
    for number, volume in enumerate(volumes):
        paths.append(folder / f"{number}.nii")
        nibabel.save(nibabel.Nifti1Image(volume.read_all(), volume.affine), paths[-1])
    return paths


def with_medssl(items: list[dict[str, Any]]) -> Callable[[], object]:
    """Crops as a pretraining without a rule cuts them."""
    dataset = CropDataset(items, CROP, OF_A_SCAN, crop_rule="any")
    calls = iter(range(1_000_000))

    def run() -> None:
        epoch = next(calls)
        for index in range(CROPS):
            dataset[(epoch, index % len(dataset))]

    return run


def monai_dataset(kind: str, paths: list[Path], folder: Path) -> Any:
    """A data set of MONAI whose scans are loaded once and cut at random places."""
    from monai import data, transforms

    chain = transforms.Compose(
        [
            transforms.LoadImaged("image", image_only=True, dtype=np.int16),
            transforms.EnsureChannelFirstd("image"),
            transforms.RandSpatialCropd("image", CROP, random_size=False),
        ]
    )
    listed = [{"image": str(path)} for path in paths]
    if kind == "CacheDataset":
        return data.CacheDataset(listed, chain, progress=False)
    return data.PersistentDataset(listed, chain, cache_dir=folder / "persistent")


def monai_cuts(dataset: Any) -> Iterator[Cut]:
    """Crops with the place where they were cut."""
    while True:
        for number in range(len(dataset)):
            image = dataset[number]["image"]
            cut = image.applied_operations[-1]["extra_info"]["cropped"]
            yield number, (cut[0], cut[2], cut[4]), np.asarray(image[0])


def torchio_cuts(paths: list[Path]) -> Iterator[Cut] | None:
    """Patches of TorchIO's Queue, of whose scans each is read for some of them."""
    if (tio := peer("torchio")) is None:
        return None
    subjects = [tio.Subject(image=tio.ScalarImage(path), number=n) for n, path in enumerate(paths)]
    sampler = tio.UniformSampler(CROP)
    queue = tio.Queue(
        tio.SubjectsDataset(subjects), SCANS * OF_A_SCAN, OF_A_SCAN, sampler, num_workers=0
    )

    def cuts() -> Iterator[Cut]:
        while True:
            for patch in tio.SubjectsLoader(queue, batch_size=1):
                x, y, z = patch["location"][0, :3].tolist()
                yield int(patch["number"][0]), (x, y, z), patch["image"]["data"][0, 0].numpy()

    return cuts()


def check(cuts: Iterator[Cut], volumes: list[StoredVolume], count: int = 4) -> None:
    """The crop of others is what medssl reads at that place.

    Raises:
        NotEquivalentError: it is not.
    """
    for _ in range(count):
        number, start, crop = next(cuts)
        if not np.array_equal(volumes[number].read(start, CROP), crop):
            raise NotEquivalentError(f"scan {number} at {start} holds other voxels")


def _taking(cuts: Iterator[Cut]) -> Callable[[], object]:
    return lambda: [next(cuts) for _ in range(CROPS)]


def bench_crop_reading(data: Path, scratch: Path, rounds: int = 3) -> list[dict[str, Any]]:
    """A row for each way; prints them.

    Args:
        data: prepared folder with two training scans or more in all its splits.
        scratch: folder for what the others read.
        rounds: turns of each.
    """
    items = [item for split in ("training", "validation") for item in load_datalist(data, split)]
    items = items[:SCANS]
    volumes = [StoredVolume(item["image"]) for item in items]
    paths = save_plain(volumes, scratch)
    ways: dict[str, Callable[[], object]] = {"medssl": with_medssl(items)}
    peers = {
        f"MONAI {kind}": monai_cuts(monai_dataset(kind, paths, scratch))
        for kind in ("CacheDataset", "PersistentDataset")
    }
    peers["TorchIO Queue"] = torchio_cuts(paths)  # type: ignore[assignment]
    rows: dict[str, dict[str, Any]] = {name: {"way": name} for name in (*ways, *peers)}
    for name, cuts in peers.items():
        if cuts is None:
            rows[name]["failed"] = MISSING
            continue
        try:
            check(cuts, volumes)
            ways[name] = _taking(cuts)
        except NotEquivalentError as error:
            rows[name]["failed"] = str(error)
    for name, seconds in cpu_seconds(ways, rounds).items():
        rows[name]["crops_a_second"] = CROPS / seconds
    for row in rows.values():
        print(
            f"crops, {row['way']}: {row.get('failed') or round(row['crops_a_second'])} a second",
            flush=True,
        )
    return list(rows.values())


if __name__ == "__main__":
    from steps import make_data

    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        print(json.dumps(bench_crop_reading(make_data(Path(name)), Path(name)), indent=1))
