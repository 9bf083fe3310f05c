"""A network is shown the same, whichever way a scan came: prepared, raw pair or inference."""

import json

import nibabel as nib
import numpy as np
import pytest
import torch
from monai.bundle import ConfigParser
from monai.data import MetaTensor
from monai.transforms import Invertd

from medssl.crops import CandidateCropDataset
from medssl.sources import prepare_images
from medssl.store import load_datalist, open_volume
from tests.scans import save_nifti

from .conftest import BUNDLES
from .organs import COARSE, save_organs

BUNDLE = "liver_ct_segmentation"
NAMES = {"image": "ct", "label": "organs"}  # of the files


@pytest.fixture(scope="module")
def scans(tmp_path_factory):
    return save_organs(tmp_path_factory.mktemp("organs"))


STRAIGHT, NEARLY, TILTED = 0.0, 9e-4, 0.2  # mm along y for each along z
KEPT, INTERPOLATED = 1e-3, 0.51  # HU; what is interpolated is stored whole


def sheared_scan(path, shear):
    """HU of 40 x 36 x 24 voxels of 1 x 1 x 2.5 mm, whose slices are shifted against each other."""
    affine = np.diag([1, 1, 2.5, 1.0])
    affine[1, 2] = 2.5 * shear
    hu = np.random.default_rng(1).normal(-300, 400, (40, 36, 24)).clip(-1000, 1000)
    return save_nifti(path, hu.astype(np.int16), affine)


def prepared_and_seen(scans, folder, **options):
    """A raw file through preparation, and through inference with what the weights know."""
    shares = {"images": "*.nii.gz", "fractions": (1, 0, 0), "workers": 1}
    prepare_images(scans, folder, **shares, **options)
    (item,) = load_datalist(folder, "training")
    known = {"scan": {**item["scan"], "window": [-1000, 1000]}}
    (folder / "provenance.json").write_text(json.dumps(known))
    reader = ConfigParser()
    reader.read_config(str(BUNDLES / BUNDLE / "configs" / "inference.json"))
    reader.update({"model": str(folder / "model.pt")})
    chain = reader.get_parsed_content("preprocessing")
    return open_volume(item["image"]), chain, chain({"image": str(next(scans.glob("*.nii.gz")))})


@pytest.mark.parametrize(
    ("spacing", "shear", "antialias", "limit"),
    [
        (COARSE, STRAIGHT, True, INTERPOLATED),
        (COARSE, STRAIGHT, False, INTERPOLATED),
        (COARSE, NEARLY, True, INTERPOLATED),
        (COARSE, TILTED, True, INTERPOLATED),
        ("native", STRAIGHT, True, KEPT),
        ("native", NEARLY, True, KEPT),
        ("native", TILTED, True, INTERPOLATED),
    ],
)
def test_inference_sees_what_was_prepared(spacing, shear, antialias, limit, tmp_path):
    path = sheared_scan(tmp_path / "scans" / "ct.nii.gz", shear)
    options = {"spacing": spacing, "antialias": antialias}
    volume, chain, data = prepared_and_seen(path.parent, tmp_path / "data", **options)
    seen, expected = data["image"], volume.read_all()
    assert seen.shape[1:] == expected.shape
    np.testing.assert_allclose(seen.affine, volume.affine, atol=1e-4)
    assert np.abs(seen[0].numpy() * 2000 - 1000 - expected.clip(-1000, 1000)).max() < limit
    data["pred"] = seen  # and the way back
    undone = Invertd("pred", chain, orig_keys="image", nearest_interp=False)(data)["pred"]
    own = nib.load(path)
    np.testing.assert_allclose(undone.affine, own.affine, atol=1e-6)
    assert undone.shape[1:] == own.shape
    if limit == KEPT:
        assert np.abs(undone[0].numpy() * 2000 - 1000 - own.get_fdata()).max() < KEPT


@pytest.mark.parametrize(
    ("shear", "spacing"), [(NEARLY, "native"), (NEARLY, COARSE), (TILTED, COARSE)]
)
def test_a_mask_lies_on_a_sheared_scan_where_the_network_saw_it(shear, spacing, tmp_path):
    """Each voxel of the scan has the value of the field at its own place in mm."""
    path = sheared_scan(tmp_path / "scans" / "ct.nii.gz", shear)
    options = {"spacing": spacing}
    volume, chain, data = prepared_and_seen(path.parent, tmp_path / "data", **options)

    def field(shape, affine):
        voxels = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), -1)
        return (voxels @ affine[:3, :3].T + affine[:3, 3]) @ np.array([0.01, -0.02, 0.005])

    seen = torch.from_numpy(field(volume.shape, volume.affine)).float()[None]
    data["pred"] = MetaTensor(seen).copy_meta_from(data["image"])
    undone = Invertd("pred", chain, orig_keys="image", nearest_interp=False)(data)["pred"]
    own = nib.load(path)
    covered = (slice(2, -5), slice(8, -8), slice(2, -3))  # what the new grid continues is left out
    error = undone[0].numpy() - field(own.shape, own.affine)
    assert np.abs(error[covered]).max() < 1e-4


@pytest.mark.parametrize(
    ("bundle", "spacing", "expected"),
    [
        (BUNDLE, None, 2.0),
        (BUNDLE, 5, 5.0),
        ("lung_nodule_ct_segmentation", [5.0] * 3, 5.0),
        ("lung_nodule_ct_segmentation", "native", COARSE),
    ],
)
def test_raw_pairs_take_the_spacing_that_is_asked_for(bundle, spacing, expected, scans, tmp_path):
    """What MONAI Label trains on; of nothing asked, the bundle's own."""
    reader = ConfigParser()
    reader.read_config(str(BUNDLES / bundle / "configs" / "train.json"))
    pair = {key: str(scans / "c0" / f"{name}.nii.gz") for key, name in NAMES.items()}
    settings = {"spacing": spacing, "classes": [[1]], "output_dir": str(tmp_path)}
    reader.update({key: settings[key] for key in settings if key in reader.config})
    for part in ("train", "validate"):
        reader[f"{part}#dataset#data"] = [pair]
        (item,) = reader.get_parsed_content(f"{part}#dataset").data
        assert item["spacing_mm"] == pytest.approx([expected] * 3)


@pytest.mark.parametrize("bundle", [BUNDLE, "lung_nodule_ct_segmentation"])
@pytest.mark.parametrize(
    ("clip", "antialias"), [([-50, 100], False), ([-50, 100], True), (None, True)]
)
def test_raw_pairs_are_prepared_as_the_bundle_says(bundle, clip, antialias, scans, tmp_path):
    """Voxel by voxel what ``medssl prepare`` makes with the same settings."""
    one, spacing = {"images": "*0/ct.nii.gz", "labels": "*0/organs.nii.gz"}, 2 * COARSE
    made = {"spacing": spacing, "hu_clip": clip, "antialias": antialias, "fractions": (1, 0, 0)}
    prepare_images(scans, tmp_path / "data", **one, **made, workers=1)
    (expected,) = load_datalist(tmp_path / "data", "training", labelled=True)
    reader = ConfigParser()
    reader.read_config(str(BUNDLES / bundle / "configs" / "train.json"))
    pair = {key: str(scans / "c0" / f"{name}.nii.gz") for key, name in NAMES.items()}
    settings = {"spacing": spacing, "raw_clip": clip, "raw_antialias": antialias}
    settings |= {"output_dir": str(tmp_path / "run")}
    reader.update(settings | ({"classes": [[1]]} if "classes" in reader.config else {}))
    for part in ("train", "validate"):
        reader[f"{part}#dataset#data"] = [pair]
        (item,) = reader.get_parsed_content(f"{part}#dataset").data
        assert item["scan"] == expected["scan"]
        for key in ("image", "label"):
            ours, theirs = open_volume(item[key]), open_volume(expected[key])
            assert np.array_equal(ours.read_all(), theirs.read_all())
            assert np.array_equal(ours.affine, theirs.affine)
    assert (expected["scan"]["clip"], expected["scan"]["antialias"]) == (clip, antialias)


def test_what_raw_pairs_are_asked_for_changes_voxels(scans, tmp_path):
    """So that the comparison above could fail."""
    made = {"images": "*0/ct.nii.gz", "spacing": 2 * COARSE, "fractions": (1, 0, 0), "workers": 1}
    clipped, sharp = {"hu_clip": (-50, 100)}, {"antialias": False}
    ways = [{}, clipped, sharp, clipped | sharp]
    found = []
    for number, way in enumerate(ways):
        prepare_images(scans, tmp_path / str(number), **made, **way)
        (item,) = load_datalist(tmp_path / str(number), "training")
        found.append(open_volume(item["image"]).read_all().tobytes())
    assert len(set(found)) == len(ways)


@pytest.mark.parametrize(
    ("spacing", "isotropic_mm"), [("native", 1.0), ("native", None), (1.5, None), (2.0, 1.3)]
)
def test_inference_cuts_the_crops_of_the_training(spacing, isotropic_mm, tmp_path):
    """The same candidate through preparation and data set, and through inference."""
    affine = np.diag([0.8, 0.7, 2.5, 1.0])
    rng = np.random.default_rng(2)
    hu = rng.normal(-300, 400, (40, 44, 18)).astype(np.int16)
    path = save_nifti(tmp_path / "scans" / "a.nii.gz", hu, affine)
    options = {"spacing": spacing, "workers": 1, "fractions": (1, 0, 0)}
    prepare_images(tmp_path / "scans", tmp_path / "data", **options)
    places = [(16.0, 15.0, 22.0), (1.0, 29.0, 40.3), (8.3, 20.9, 5.2)]
    rows = [f"a,{-x},{-y},{z},1" for x, y, z in places]
    table = tmp_path / "candidates.csv"
    table.write_text("\n".join(["seriesuid,coordX,coordY,coordZ,class", *rows]))
    items = load_datalist(tmp_path / "data", "training")
    size, window = [12, 12, 12], [-1000, 1000]
    crops = CandidateCropDataset(items, table, size, isotropic_mm)
    known = {**items[0]["scan"], "isotropic_mm": isotropic_mm, "crop_size": size, "window": window}
    (tmp_path / "provenance.json").write_text(json.dumps({"scan": known}))
    reader = ConfigParser()
    configs = BUNDLES / "lung_nodule_ct_classification" / "configs"
    reader.read_config(str(configs / "inference.json"))
    reader.update({"model": str(tmp_path / "model.pt"), "candidates": str(table)})
    found = reader.get_parsed_content("preprocessing")({"image": str(path)})["image"]
    expected = np.stack([crops[index]["image"][0].numpy() for index in range(3)])
    assert found.shape == expected.shape
    difference = found.numpy() * 2000 - 1000 - expected.clip(*window)
    assert np.abs(difference).max() <= 1.01  # HU
