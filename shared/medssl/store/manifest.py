"""``manifest.json`` (where every volume comes from) and ``datalist.json`` (what training reads)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from .. import __version__
from ..errors import UserError
from ..files import read_object, write_json
from .contract import HU, SCAN, ScanContract
from .splits import SPLITS
from .volume_file import LABELS, SUFFIX, VOLUMES

NOT_STATED = "not stated"
MANIFEST, DATALIST = "manifest.json", "datalist.json"
REGIONS = "regions"  # key of the data list: name to label values, where classes are regions
KIND = "source"  # key of the manifest: what read the scans, such as luna16
HASHES = ("voxels_sha256", "label_voxels_sha256")  # of the stored image and label map
_ITEM = (
    *(
        "id",
        "patient",
        "patient_from",
        "shape",
        "spacing_mm",
        "native_spacing_mm",
        "affine",
        "scan_sha256",
        *HASHES,
    ),
    *("objects", "facts"),
)
_PACKAGES = ("monai", "torch", "numpy", "scipy", "nibabel", "itk", "blosc2")

# Of values of label maps, and of regions that join several.
LabelNames = Mapping[int, str] | Mapping[int | tuple[int, ...], str]


def write_lists(
    folder: Path,
    records: Sequence[dict[str, Any]],
    parameters: Mapping[str, Any],
    contract: ScanContract,
    label_names: LabelNames,
    licence: str,
    summary: Mapping[str, Any],
    folds: Sequence[Mapping[str, str]] = (),
    kind: str = "images",
) -> Path:
    """Write manifest, data list and folds; the same input gives the same bytes.

    Args:
        folder: prepared data set.
        records: one description for each scan, with its patient and split; what is in no split is
            in the manifest alone.
        parameters: what was asked for.
        contract: how the volumes are to be understood.
        label_names: of the values of the label maps and of regions, as far as they have names.
        licence: of the scans.
        summary: what was told at the end; under ``left_out`` source and reason of each scan that is
            not there.
        folds: for each fold, which is a data list of its own, patient to split; others are not in
            it.
        kind: of the source, as ``medssl prepare`` calls it.

    Returns:
        The path of the data list.
    """
    manifest = {
        "medssl": __version__,
        "packages": {name: version(name) for name in _PACKAGES},
        KIND: kind,
        "parameters": dict(parameters),
        SCAN: contract.as_dict(),
        "summary": dict(summary),
        "skipped": list(summary["left_out"]),
        "scans": list(records),
    }
    write_json(folder / MANIFEST, manifest)
    for leftover in folder.glob(fold_name("*")):
        leftover.unlink()
    for fold, split_of in enumerate(folds):
        moved = [
            {**record, "split": split_of[record["patient"]]}
            for record in records
            if record["patient"] in split_of
        ]
        listing = describe_datalist(folder, moved, contract, label_names, licence)
        write_json(folder / fold_name(fold), {**listing, "fold": fold})
    write_json(
        folder / DATALIST, describe_datalist(folder, records, contract, label_names, licence)
    )
    return folder / DATALIST


def fold_name(fold: int | str) -> str:
    """File name of the data list of a fold, counted from 0."""
    return f"datalist_fold{fold}.json"


def read_manifest(folder: Path) -> dict[str, Any]:
    """What ``manifest.json`` of a prepared folder holds.

    Raises:
        UserError: not prepared, or damaged.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise UserError(
            f"{folder}: not a prepared data set (no {MANIFEST}); give the folder that "
            "`medssl prepare` wrote"
        )
    return read_object(path, "run the same `medssl prepare` again, which writes it anew")


def note_differences(folder: Path, differences: Sequence[Any]) -> None:
    """Keep in the manifest how the source differs from the data set as published.

    Args:
        folder: prepared data set.
        differences: lines of text, or objects that say the same in parts.
    """
    write_json(folder / MANIFEST, {**read_manifest(folder), "differences": list(differences)})


def describe_datalist(
    folder: Path,
    records: Sequence[dict[str, Any]],
    contract: ScanContract,
    label_names: LabelNames,
    licence: str,
) -> dict[str, Any]:
    """What ``datalist.json`` holds, see :func:`write_lists`."""
    values = {int(value) for record in records for value in record.get("voxels_per_label", ())}
    regions = {name: list(key) for key, name in label_names.items() if isinstance(key, tuple)}
    of_values = {key: name for key, name in label_names.items() if isinstance(key, int)}
    names = {0: "background", **of_values} if values else {}
    items = {
        split: [_item(record) for record in records if record["split"] == split] for split in SPLITS
    }
    channels = ", ".join(contract.channels)
    unit = "HU" if contract.intensity == HU else f"thousandths ({contract.intensity})"
    return {
        "name": folder.resolve().name,
        "description": f"{channels} prepared by medssl: int16 {unit}, RAS axis order",
        "licence": licence,
        SCAN: contract.as_dict(),
        "tensorImageSize": "3D",
        "modality": {str(n): name for n, name in enumerate(contract.channels)},
        "labels": {
            str(value): names.get(value, f"label {value}") for value in sorted({*values, *names})
        },
        **({REGIONS: regions} if regions and values else {}),
        "numTraining": len(items["training"]),
        "numTest": len(items["test"]),
        **items,
    }


def label_values(record: Mapping[str, Any]) -> list[int]:
    """Values above 0 of a prepared label map."""
    return [int(value) for value in record["voxels_per_label"] if int(value) > 0]


def _item(record: Mapping[str, Any]) -> dict[str, Any]:
    name = f"{record['id']}{SUFFIX}"
    item: dict[str, Any] = {"image": f"{VOLUMES}/{name}"}
    if "label_source" in record:
        item["label"] = f"{LABELS}/{name}"
        item["label_values"] = label_values(record)
    return {**item, **{key: record[key] for key in _ITEM if key in record}}
