"""Crops of bodies know where they come from, and never come from a scan that a run trained on."""

import json

import nibabel as nib
import numpy as np

from features_crops import body_crops, held_out, scan_crops
from features_masks import SIDE
from medssl.sources import prepare_images

SHAPE = (48, 44, 72)


def write(path, voxels):
    path.parent.mkdir(parents=True, exist_ok=True)
    nib.save(nib.Nifti1Image(voxels, np.diag([2.0, 2.0, 2.0, 1.0])), path)


def prepared(tmp_path, names):
    """Scans whose grey value rises with z, all body but for one side."""
    for number, name in enumerate(names):
        hu = np.tile(np.arange(SHAPE[2], dtype=np.int16) + 100 * number, (*SHAPE[:2], 1))
        hu[0] = -1000
        write(tmp_path / "raw" / name / "ct.nii.gz", hu)
    target = tmp_path / "data"
    prepare_images(tmp_path / "raw", target, "**/ct.nii.gz", spacing=2.0, patients="each")
    put(target, "test")
    return target


def put(data, split, name=None):
    """Move a scan, or all, to a split."""
    file = data / "manifest.json"
    manifest = json.loads(file.read_text())
    for scan in manifest["scans"]:
        if name in (None, scan["id"]):
            scan["split"] = split
    file.write_text(json.dumps(manifest))


def test_scans_of_the_training_are_not_held_out_whatever_they_are_called(tmp_path):
    data = prepared(tmp_path, ["chest/a", "chest/b", "abdomen/c", "abdomen/d", "abdomen/e"])
    put(data, "training", "abdomen__e")  # too small for this run's crops, not for another's
    scans = {scan["id"]: scan for scan in json.loads((data / "manifest.json").read_text())["scans"]}
    seen = [
        {key: scans["chest__a"][key] for key in ("id", "patient", "scan_sha256")},
        {"id": "other", "patient": "x", "scan_sha256": scans["chest__b"]["scan_sha256"]},
        {"id": "another", "patient": scans["abdomen__c"]["patient"], "scan_sha256": "0"},
    ]
    found = held_out(
        data, {"run": {"data": {"training": seen, "validation": [scans["abdomen__d"]]}}}
    )
    assert [scan["id"] for scan in found] == ["abdomen__d"]


def test_crops_of_a_body_know_their_height_region_and_slices(tmp_path):
    data = prepared(tmp_path, ["chest/a"])
    (record,) = held_out(data, {"run": {"data": {"training": []}}})
    crops = body_crops({**record, "native_spacing_mm": [1, 1, 5.0]}, 12)
    starts = np.array([crop.hu[-1, 0, 0] for crop in crops])
    thirds = np.array([crop.third for crop in crops])
    assert thirds.tolist() == [0, 1, 2] * 4
    assert (np.searchsorted([13, 27], starts, side="right") == thirds).all()  # of 41 places
    assert {(crop.region, crop.native_mm, crop.hu.shape) for crop in crops} == {
        ("chest", 5.0, (SIDE, SIDE, SIDE))
    }
    assert crops[0].hu[-1, 0, -1] - starts[0] == SIDE - 1


def test_a_mask_beside_the_scan_is_asked_about(tmp_path):
    data = prepared(tmp_path, ["tumour_sts/a", "chest/b"])
    gtv = np.zeros(SHAPE, np.uint8)
    gtv[20:24, 20:24, 30:34] = 1
    write(tmp_path / "raw" / "tumour_sts" / "a" / "gtv.nii.gz", gtv)
    records = held_out(data, {"run": {"data": {"training": []}}})
    crops = scan_crops(tmp_path / "raw", records)
    by_scan = {
        name: [c for c in crops if c.patient == name] for name in ("tumour_sts__a", "chest__b")
    }
    assert {crop.mask for crop in by_scan["chest__b"]} == {""}
    assert {(crop.mask, crop.on) for crop in by_scan["tumour_sts__a"]} == {
        ("", False),
        ("tumour", True),
        ("tumour", False),
    }
    assert max(map(len, by_scan.values())) <= 48
