"""Prepared folders of as many scans as one likes: a few volumes, and entries that name them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from medssl.files import write_json
from medssl.sources import prepare_images
from medssl.sources.summary import summarise
from medssl.store.contract import ScanContract
from medssl.store.manifest import DATALIST, MANIFEST, describe_datalist, write_lists
from medssl.store.splits import split_patients

VOLUMES = 8
SHAPE = (96, 96, 96)


def make_volumes(folder: Path) -> list[dict[str, Any]]:
    """Prepare a few small scans of noise over a body; returns their records."""
    import nibabel

    raw = folder / "raw"
    raw.mkdir(parents=True)
    for number in range(VOLUMES):
        rng = np.random.default_rng(number)
        values = rng.normal(-200, 300, SHAPE).clip(-1000, 1000).astype(np.int16)
        nibabel.save(nibabel.Nifti1Image(values, np.eye(4)), raw / f"real{number}.nii.gz")
    prepare_images(raw, folder / "real", patients="each", workers=1)
    records = json.loads((folder / "real" / MANIFEST).read_text(encoding="utf-8"))["scans"]
    return [dict(record) for record in records]


def make_up(folder: Path, real: list[dict[str, Any]], count: int) -> Path:
    """A prepared folder whose lists name ``count`` scans, each of a patient of its own.

    Args:
        folder: as :func:`make_volumes` left it.
        real: records of its volumes.
        count: entries.

    Returns:
        The folder.
    """
    patients = [f"patient{number:07d}" for number in range(count)]
    split_of = split_patients(patients, (0.7, 0.1, 0.2), 0)
    records = []
    for number, patient in enumerate(patients):
        mark = f"{number:064x}"
        own = {"id": f"scan{number:07d}", "patient": patient, "split": split_of[patient]}
        records.append({**real[number % len(real)], **own, "scan_sha256": mark})
    output = folder / f"made_up_{count}"
    summary = summarise(records, [], [], {})
    write_lists(output, records, {}, ScanContract(), {}, "made up", summary)
    (output / "volumes").symlink_to(folder.absolute() / "real" / "volumes")
    listing = describe_datalist(output, records, ScanContract(), {}, "made up")
    for split in set(split_of.values()):
        for item in listing[split]:
            number = int(item["id"].removeprefix("scan"))
            item["image"] = f"volumes/{real[number % len(real)]['id']}.b2nd"
    write_json(output / DATALIST, listing)
    return output
