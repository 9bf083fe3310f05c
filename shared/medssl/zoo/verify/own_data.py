"""The phantom as a bundle's weights know their scans: with their channels, classes and rule."""

from __future__ import annotations

import csv
import itertools
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...engines import Trained
from ...sources import find_images, prepare_images
from ...sources.readers import read_image, source_of
from ...sources.scan_names import short_hash
from ...store import load_datalist
from ...store.case_table import LABEL, TABLE, table_classes
from ...store.contract import HU, ScanContract
from ...store.listing import read_datalist
from ...store.manifest import DATALIST
from ...store.open_volumes import open_item
from ...store.splits import SPLITS
from ...store.volume_file import StoredVolume

Voxels = NDArray[np.int16]
_TABLES = (TABLE, "annotations.csv")  # by the names of the scans, so that they fit here too


def own_data(trained: Trained, data: Path, scans: Path, target: Path) -> tuple[Path, Path]:
    """The phantom, or what becomes of it where the weights saw several channels or other classes.

    Each channel is a known function of the phantom's one, the classes are parts of its objects, or
    the names of its table's rows in turn.

    Args:
        trained: what the weights know; of those that know nothing the phantom will do.
        data: prepared phantom of one channel.
        scans: folder of raw ones; tables beside it are kept.
        target: folder to write, whose content is taken as it is where it is there.

    Returns:
        Prepared folder, and folder of raw scans.
    """
    contract, groups = trained.contract, trained.known.get("classes") or []
    values = sorted({int(value) for group in groups if isinstance(group, list) for value in group})
    listed = read_datalist(data / DATALIST)
    labelled = any("label" in item for split in SPLITS for item in listed[split])
    items = [item for split in SPLITS for item in load_datalist(data, split, labelled=labelled)]
    shown = {value for item in items for value in item.get("label_values", ())}
    others = [] if set(values) <= shown else values
    names = [str(group) for group in groups if not isinstance(group, list)]
    if names and set(names) <= set(table_classes(data)):
        names = []
    if contract is None or (len(contract.channels) == 1 and not others and not names):
        return data, scans
    place = target / short_hash(f"{data} {contract} {others} {names}")
    if not (place / "data").is_dir():
        _write(items, scans, place, contract, others, names)
    return place / "data", place / "scans"


def channels_of(values: Voxels, count: int) -> list[Voxels]:
    """So many images from one, in its range: powers of the image and of its negative.

    The first one is the image itself; in Hounsfield units they stay plausible.
    """
    low, high = float(values.min()), float(values.max())
    unit = (values.astype(np.float64) - low) / max(high - low, 1.0)
    powers = [unit ** (1 + number // 2) for number in range(count)]
    made = [1 - power if number % 2 else power for number, power in enumerate(powers)]
    return [np.rint(low + each * (high - low)).astype(np.int16) for each in made]


def parted(label: NDArray[Any], values: Sequence[int]) -> NDArray[Any]:
    """The objects of a label map, cut along x into as many parts as there are values."""
    found = np.zeros(label.shape, np.uint16)
    places = np.argwhere(label)
    for value, part in zip(values, np.array_split(places, len(values)), strict=True):
        found[tuple(part.T)] = value
    return found


def _write(
    items: Sequence[dict[str, Any]],
    scans: Path,
    place: Path,
    contract: ScanContract,
    values: Sequence[int],
    names: Sequence[str],
) -> None:
    count, labelled = len(contract.channels), "label" in items[0]
    for item in items:
        volume = open_item(item)
        _save(place / "raw" / "images", item, channels_of(volume.read_all(), count), volume)
        if labelled:
            grid = open_item(item, "label")
            label = parted(grid.read_all(), values) if values else grid.read_all()
            _save(place / "raw" / "labels", item, [label], grid)
    for item in find_images(scans):
        scan = read_image(source_of(Path(item["image"])), HU)
        whole = np.rint(scan.array).astype(np.int16)
        _save(place / "scans", {"id": item["name"]}, channels_of(whole, count), scan)
    for table in (scans.parent / name for name in _TABLES):
        if table.is_file():
            shutil.copyfile(table, place / table.name)
    if names:
        _rename(place / TABLE, names)
    options: dict[str, Any] = {"labels": "labels/*.nii.gz"} if labelled else {}
    options |= {"table": place / TABLE} if (place / TABLE).is_file() else {}
    prepare_images(
        place / "raw",
        place / "data",
        images="images/*.nii.gz",
        channels=contract.channels,
        modality="ct" if contract.intensity == HU else "other",
        intensity=contract.intensity,
        hu_clip=contract.clip,
        antialias=contract.antialias,
        spacing=items[0]["spacing_mm"],
        fractions=(0.4, 0.4, 0.2),
        **options,
    )


def _rename(path: Path, names: Sequence[str]) -> None:
    """Give the rows of a table other classes, one after the other."""
    with path.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        for row, name in zip(rows, itertools.cycle(names), strict=False):
            writer.writerow({**row, LABEL: name})


def _save(
    folder: Path, item: dict[str, Any], channels: Sequence[NDArray[Any]], grid: StoredVolume | Any
) -> None:
    """One NIfTI file, of several channels with a fourth axis."""
    import nibabel

    folder.mkdir(parents=True, exist_ok=True)
    voxels = channels[0] if len(channels) == 1 else np.stack(channels, -1)
    nibabel.save(nibabel.Nifti1Image(voxels, grid.affine), folder / f"{item['id']}.nii.gz")
