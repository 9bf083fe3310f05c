"""Preparation and crops on real CT, against facts that LUNA16 publishes about the same scan."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from medssl.crops import CropDataset, ObjectCropDataset
from medssl.sources import prepare_images
from medssl.store import load_datalist

ROOT = os.environ.get("MEDSSL_REAL_DATA")
pytestmark = pytest.mark.skipif(
    ROOT is None, reason="MEDSSL_REAL_DATA names no folder of real scans"
)
LUNA16_CENTRE_LPS_MM = (56.21, 86.34, -115.87)
LUNA16_DIAMETER_MM = 23.35


@pytest.fixture(scope="module")
def lidc(tmp_path_factory):
    """LIDC-IDRI-0001 at 1 mm."""
    out = tmp_path_factory.mktemp("lidc")
    prepare_images(
        Path(str(ROOT)) / "chest",
        out,
        images="lidc_000*/ct.nii.gz",
        labels="lidc_000*/nodules.nii.gz",
        fractions=(1, 0, 0),
    )
    return next(item for item in load_datalist(out, "training", labelled=True) if item["id"] == "1")


def test_nodule_lies_where_luna16_says(lidc):
    (nodule,) = lidc["objects"]
    manifest = json.loads((Path(lidc["image"]).parents[1] / "manifest.json").read_text())
    (affine,) = [scan["affine"] for scan in manifest["scans"] if scan["id"] == "1"]
    expected = np.array(LUNA16_CENTRE_LPS_MM) * (-1, -1, 1)
    found = (np.array(affine) @ [*nodule["center"], 1])[:3]
    assert np.linalg.norm(found - expected) < 3
    assert nodule["diameter_mm"] == pytest.approx(LUNA16_DIAMETER_MM, rel=0.05)
    sample = ObjectCropDataset([lidc], (64, 64, 32))[0]
    assert int(sample["label"].sum()) > 0.95 * nodule["voxels"]
    assert -100 < float(sample["image"][sample["label"] > 0].double().median()) < 100


def test_crops_show_lung(lidc):
    data = CropDataset([lidc], (64, 64, 32), 50)
    medians = np.array([float(data[i]["image"].double().median()) for i in range(50)])
    assert ((medians > -930) & (medians < -600)).all()
