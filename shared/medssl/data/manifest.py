"""``manifest.json`` (where every volume comes from) and ``datalist.json`` (what training reads)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from .. import __version__
from ..files import write_json
from .preparation import LABELS, VOLUMES
from .records import Settings
from .splits import SPLITS, split_patients
from .store import SUFFIX

MANIFEST, DATALIST = "manifest.json", "datalist.json"
_PACKAGES = ("monai", "torch", "numpy", "scipy", "nibabel", "itk", "blosc2")


def write_lists(
    folder: Path,
    records: Sequence[dict[str, Any]],
    skipped: Sequence[Mapping[str, str]],
    settings: Settings,
    fractions: tuple[float, float, float],
    seed: int,
) -> Path:
    """Split the records by patient and write both lists; the same input gives the same bytes.

    Args:
        folder: prepared data set.
        records: one description for each scan, with its patient.
        skipped: source and reason of each scan left out.
        settings: of the preparation.
        fractions: shares of training, validation and test.
        seed: of the split.

    Returns:
        The path of the data list.
    """
    split_of = split_patients((record["patient"] for record in records), fractions, seed)
    manifest = {
        "medssl": __version__,
        "packages": {name: version(name) for name in _PACKAGES},
        "parameters": {**settings.as_lists(), "fractions": list(fractions), "seed": seed},
        "skipped": list(skipped),
        "scans": [{**record, "split": split_of[record["patient"]]} for record in records],
    }
    write_json(folder / MANIFEST, manifest)
    write_json(folder / DATALIST, _datalist(folder, records, split_of))
    return folder / DATALIST


def _datalist(
    folder: Path, records: Sequence[dict[str, Any]], split_of: Mapping[str, str]
) -> dict[str, Any]:
    values = {int(value) for record in records for value in record.get("voxels_per_label", ())}
    names = {0: "background"} if values else {}
    items: dict[str, list[dict[str, Any]]] = {split: [] for split in SPLITS}
    for record in records:
        items[split_of[record["patient"]]].append(_item(record))
    return {
        "name": folder.resolve().name,
        "description": "CT prepared by medssl: int16 HU, RAS axis order",
        "tensorImageSize": "3D",
        "modality": {"0": "CT"},
        "labels": {str(value): names.get(value, f"label {value}") for value in sorted(values)},
        "numTraining": len(items["training"]),
        "numTest": len(items["test"]),
        **items,
    }


def _item(record: Mapping[str, Any]) -> dict[str, Any]:
    name = f"{record['id']}{SUFFIX}"
    item = {"image": f"{VOLUMES}/{name}"}
    if "label_source" in record:
        item["label"] = f"{LABELS}/{name}"
    keys = ("id", "patient", "shape", "spacing_mm", "sha256", "label_sha256", "objects")
    return {**item, **{key: record[key] for key in keys if key in record}}
