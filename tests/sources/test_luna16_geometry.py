"""World coordinates of LUNA16's tables land on their nodules after preparation."""

import json
import os
import shutil
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from medssl.crops import CandidateCropDataset
from medssl.phantom.luna16 import write_luna16
from medssl.phantom.metaimage import stored_order, write_metaimage
from medssl.sources import prepare_images, prepare_luna16
from medssl.store import load_datalist, open_volume
from medssl.store.marks import Marks, read_marks


def voxels_of(marks: Marks, affine: np.ndarray) -> np.ndarray:
    """The slow way from LPS mm to whole voxels."""
    ras = [[-x, -y, z, 1.0] for x, y, z in marks.world_mm.tolist()]
    return np.array([np.rint(np.linalg.solve(affine, point))[:3] for point in ras]).astype(int)


def test_phantom_nodules_are_where_their_world_coordinates_say(tmp_path):
    source = tmp_path / "phantom"
    write_luna16(source, 2, 11, (2.0, 2.0, 2.5), (300.0, 240.0, 200.0), negatives_per_scan=5)
    prepare_luna16(source, tmp_path / "luna16", workers=1)
    labelled = {"images": "subset*/*.mhd", "labels": "nodule_masks/*.nii.gz"}
    prepare_images(source, tmp_path / "masks", workers=1, fractions=(1, 0, 0), **labelled)
    items = load_datalist(tmp_path / "luna16", "training")
    with_masks = {
        item["id"]: item for item in load_datalist(tmp_path / "masks", "training", labelled=True)
    }
    marks = read_marks(tmp_path / "luna16" / "annotations.csv", "diameter_mm")
    assert len(marks) == len(read_marks(source / "annotations.csv")) > 5
    headers = [next(source.glob(f"subset*/{item['id']}.mhd")).read_text() for item in items]
    assert len({"TransformMatrix = -1" in header for header in headers}) == 2  # one is flipped
    for item in items:
        nodules = marks.of([item["id"]])
        large = nodules.take(np.flatnonzero(nodules.values > 5))  # seen at this spacing
        assert len(large)
        volume, mask = (
            open_volume(path) for path in (item["image"], with_masks[item["id"]]["label"])
        )
        places = tuple(voxels_of(large, volume.affine).T)
        assert (mask.read_all()[places] > 0).all()
        lung = np.median(volume.read_all()[volume.read_all() < -600])
        assert (volume.read_all()[places] > lung + 100).all()


def test_positives_of_the_phantom_show_nodules(tmp_path):
    write_luna16(tmp_path / "in", 2, 11, (2.0, 2.0, 2.5), (300.0, 240.0, 200.0))
    prepare_luna16(tmp_path / "in", tmp_path / "out", spacing=2.0, workers=1)
    training = load_datalist(tmp_path / "out", "training")
    data = CandidateCropDataset(training, "candidates.csv", (3, 3, 3))
    nodules = read_marks(tmp_path / "in" / "annotations.csv", "diameter_mm")
    densities: dict[float, list[float]] = {0.0: [], 1.0: []}
    for index in range(len(data)):
        sample = data[index]
        densities[float(sample["label"])].append(float(sample["image"].float().mean()))
        marks = nodules.of([sample["case"]])
        away = np.linalg.norm(marks.world_mm - sample["world_mm"].numpy(), axis=1)
        assert bool((away < marks.values / 2).any()) == bool(sample["label"])
    assert len(data) == len(read_marks(tmp_path / "out" / "candidates.csv")) > 150
    assert np.median(densities[1.0]) > np.median(densities[0.0]) + 200


@pytest.mark.skipif("MEDSSL_REAL_DATA" not in os.environ, reason="MEDSSL_REAL_DATA is not set")
@pytest.mark.parametrize("flipped", [False, True])
def test_published_nodules_of_real_scans_are_in_the_readers_consensus(tmp_path, flipped):
    real = Path(os.environ["MEDSSL_REAL_DATA"])
    uids = {
        "lidc_0001": "1.3.6.1.4.1.14519.5.2.1.6279.6001.179049373636438705059720603192",
        "lidc_0003_slab": "1.3.6.1.4.1.14519.5.2.1.6279.6001.170706757615202213033480003264",
    }
    for subset, (name, uid) in enumerate(uids.items()):
        image = nib.as_closest_canonical(nib.load(real / "chest" / name / "ct.nii.gz"))
        path = tmp_path / "in" / f"subset{subset}" / f"{uid}.mhd"
        path.parent.mkdir(parents=True)
        array = np.asarray(image.dataobj).astype(np.int16)
        write_metaimage(path, *stored_order(array, image.affine, flipped))
    shutil.copy(real / "tables" / "luna16_annotations.csv", tmp_path / "in" / "annotations.csv")
    prepare_luna16(tmp_path / "in", tmp_path / "out", workers=1)
    kept, hits = read_marks(tmp_path / "out" / "annotations.csv", "diameter_mm"), 0
    for name, uid in uids.items():
        label = nib.load(real / "chest" / name / "nodules.nii.gz")
        volume = open_volume(str(tmp_path / "out" / "volumes" / f"{uid}.b2nd"))
        voxels = voxels_of(kept.of([uid]), volume.affine)
        inside = ((voxels >= 0) & (voxels < volume.shape)).all(axis=1)  # one scan is a slab
        for voxel in voxels[inside]:
            world = volume.affine @ [*voxel, 1]
            seen = np.rint(np.linalg.solve(label.affine, world))[:3].astype(int)
            hits += int(np.asarray(label.dataobj)[tuple(seen)] > 0)
            assert -150 < volume.read_all()[tuple(voxel)] < 300
    assert hits >= 2
    (stranger,) = (
        row
        for row in json.loads((tmp_path / "out" / "manifest.json").read_text())["differences"]
        if row["what"] == "series of annotations.csv without scan"
    )
    assert stranger["found"] == 599
