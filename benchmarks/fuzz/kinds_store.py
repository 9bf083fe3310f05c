"""What lies in a prepared folder: volumes, data lists, manifests, tables."""

from __future__ import annotations

from pathlib import Path

from medssl.crops import (
    CandidateCropDataset,
    CropDataset,
    LabelCropDataset,
    LabelledScans,
    RegionCropDataset,
)
from medssl.store import (
    StoredVolume,
    channels_here,
    class_names,
    classes_here,
    identify,
    intensity_here,
    load_cases,
    load_datalist,
    table_classes,
)
from medssl.store.check import check_volumes

from . import examples
from .content import digest, lists, volumes
from .kind import IN, OUT, Kind
from .of_bytes import damage_bytes
from .of_tables import damage_csv
from .of_trees import damage_json

_CROP = (8, 8, 8)
_LIST = "data lists have no checksum: what is plausible is taken as it is written"
_TABLE = "tables have no checksum: what is plausible is taken as it is written"


def _read_volume(case: Path) -> str:
    data = case / IN / "data"
    found = []
    for path in sorted(data.glob("*/*.b2nd")):
        volume = StoredVolume(path)
        found.append(digest(volume.attributes, volume.spacing_mm, volume.read_all(), volume.affine))
        volume.check()
    crops = CropDataset(load_datalist(data, "training", _CROP), _CROP, 2)
    return digest(found, [crops[n]["image"] for n in range(len(crops))])


def _read_list(case: Path) -> str:
    data = case / IN / "data"
    found: list[object] = [channels_here(data), intensity_here(data, "hu")]
    classes = classes_here(data)
    found += [classes, class_names(data, classes)]
    for split in examples.SPLITS:
        items = load_datalist(data, split, _CROP)
        crops = CropDataset(items, _CROP, 2)
        found += [identify(items), crops[0]["image"], crops.rule]
        labelled = load_datalist(data, split, _CROP, labelled=True)
        cut = LabelCropDataset(labelled, _CROP, classes)
        whole = LabelledScans(labelled, classes=classes)
        found += [identify(labelled), cut[0]["image"], cut[0]["label"], whole[0]["label"]]
    items = load_datalist(data, "test", fold=1)
    return digest(found, identify(items))


def _use_manifest(case: Path) -> str:
    """Read by ``medssl prepare check``, and by the same preparation once more."""
    data = case / OUT / "data"
    (case / IN / "data").rename(data)
    try:
        for each in check_volumes(data):
            if each.fault:
                print(f"manifest: {each.name}: {each.fault}")
    finally:
        _prepare_again(case)
    text = (data / "manifest.json").read_text(encoding="utf-8").replace(str(case), "")
    return digest(volumes(data), lists(data), text)


def _prepare_again(case: Path) -> None:
    raw = case / IN / "raw"
    examples.prepare(raw, case / OUT / "data", table=raw / "classes.csv")


def _read_candidates(case: Path) -> str:
    data = case / IN / "data"
    items = [item for split in examples.SPLITS for item in load_datalist(data, split)]
    crops = CandidateCropDataset(items, "candidates.csv", _CROP)
    return digest([[crops[n]["image"], crops[n]["label"]] for n in range(len(crops))])


def _read_classes(case: Path) -> str:
    data, found = case / IN / "data", []
    classes = table_classes(data)
    for split in examples.SPLITS:
        crops = RegionCropDataset(load_cases(data, split, "labels.csv", classes), classes, _CROP)
        found += [[crops[n]["image"], crops[n]["label"]] for n in range(len(crops))]
    return digest(found, classes)


def _prepare_with_tables(case: Path) -> str:
    raw, data = case / IN, case / OUT / "data"
    table, patients = raw / "classes.csv", raw / "patients.csv"
    examples.prepare(raw, data, table=table, patients=patients, labels=None)
    return digest(volumes(data), lists(data), (data / "labels.csv").read_bytes())


KINDS = (
    Kind("volumes", examples.prepared, _read_volume, {"data/*/*.b2nd": damage_bytes}, 300),
    Kind(
        "data list",
        examples.prepared,
        _read_list,
        {"data/datalist.json": damage_json, "data/datalist_fold1.json": damage_json},
        250,
        {"": _LIST},
        named=False,
    ),
    Kind(
        "manifest",
        examples.prepared,
        _use_manifest,
        {"data/manifest.json": damage_json},
        150,
        kept=False,
    ),
    Kind(
        "candidates",
        examples.prepared,
        _read_candidates,
        {"data/candidates.csv": damage_csv},
        150,
        {"": _TABLE},
    ),
    Kind(
        "classes",
        examples.prepared,
        _read_classes,
        {"data/labels.csv": damage_csv},
        100,
        {"": _TABLE},
    ),
    Kind(
        "tables of a source",
        examples.write_scans,
        _prepare_with_tables,
        {"classes.csv": damage_csv, "patients.csv": damage_csv},
        120,
        {"": _TABLE},
    ),
)
