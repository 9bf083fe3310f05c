"""Inference reads what preparation reads: the same voxels in the same place."""

import numpy as np
import pytest
from monai.transforms import Compose, Orientationd

from medssl.errors import UserError, one_line
from medssl.sources import LoadScand, Respaced
from medssl.sources.readers import find_sources, read_source
from medssl.sources.resampling import prepare_image

from ..scans import oblique_affine, save_nifti, small_ct
from .test_readers import save_dicom, save_itk, turned

SHEARED = np.array([[0.8, 0, 0, 4], [0, 1.2, 0.7, -9], [0, 0.3, 2.0, 3], [0, 0, 0, 1.0]])
FLIPPED = turned(small_ct((14, 12, 9)), np.diag([0.8, 1.2, 2.0, 1]), (2, 0, 1), (1, 0, 1))
PIPELINE = Compose(
    [
        LoadScand("image"),
        Orientationd("image", axcodes="RAS"),
        Respaced("image", pixdim=[1.5, 1.5, 1.5], mode="bilinear"),
    ]
)
SCANS = {
    "nifti": ("a.nii.gz", small_ct((14, 12, 9)), np.diag([0.8, 1.2, 2.0, 1])),
    "oblique": ("a.nii", small_ct((14, 12, 9)), oblique_affine()),
    "sheared": ("a.nii.gz", small_ct((14, 12, 9)), SHEARED),
    "flipped": ("a.nii.gz", *FLIPPED),
    "nrrd": ("a.nrrd", small_ct((14, 12, 9)), oblique_affine()),
    "mha": ("a.mha", *FLIPPED),
    "dicom": ("p", small_ct((14, 12, 9)), np.diag([0.8, 0.8, 2.0, 1])),
}


def save(folder, kind):
    name, array, affine = SCANS[kind]
    write = {"dicom": save_dicom, "nrrd": save_itk, "mha": save_itk}.get(kind, save_nifti)
    write(folder / name, array, affine)
    return folder / name


@pytest.mark.parametrize("kind", SCANS)
def test_the_network_sees_what_preparation_stored(tmp_path, kind):
    path = save(tmp_path, kind)
    scan = read_source(find_sources(tmp_path)[0])
    expected, _ = prepare_image(scan, (1.5, 1.5, 1.5))
    found = PIPELINE({"image": str(path)})["image"]
    assert found.shape[1:] == expected.array.shape
    np.testing.assert_allclose(found.affine.numpy(), expected.affine, atol=1e-6)
    assert np.abs(found[0].numpy() - expected.array).max() < 0.75  # rounding, single precision


@pytest.mark.parametrize("kind", ["oblique", "sheared"])
def test_a_scan_may_keep_its_own_spacing(tmp_path, kind):
    path = save(tmp_path, kind)
    scan = read_source(find_sources(tmp_path)[0])
    expected, _ = prepare_image(scan, None)
    steps = [*PIPELINE.transforms[:2], Respaced("image", pixdim=None, mode="bilinear")]
    found = Compose(steps)({"image": str(path)})
    assert found["image"].shape[1:] == expected.array.shape
    np.testing.assert_allclose(found["image"].affine.numpy(), expected.affine, atol=1e-6)
    assert np.abs(found["image"][0].numpy() - expected.array).max() < 0.75
    assert Compose(steps).inverse(found)["image"].shape[1:] == scan.array.shape


def test_too_many_voxels_are_refused_before_memory_is_taken(tmp_path):
    path = save_nifti(tmp_path / "a.nii.gz", small_ct((40, 40, 40)), np.diag([15.0, 15, 15, 1]))
    steps = [*PIPELINE.transforms[:2], Respaced("image", pixdim=[0.1] * 3, mode="bilinear")]
    with pytest.raises(RuntimeError) as caught:
        Compose(steps)({"image": str(path)})
    assert one_line(caught.value).startswith(f"{path}: at 0.1 x 0.1 x 0.1 mm it would have")


@pytest.mark.parametrize("kind", SCANS)
def test_it_goes_back_onto_its_own_grid(tmp_path, kind):
    path = save(tmp_path, kind)
    scan = read_source(find_sources(tmp_path)[0])
    image = PIPELINE({"image": str(path)})
    back = PIPELINE.inverse(image)["image"]
    assert back.shape[1:] == scan.array.shape
    np.testing.assert_allclose(back.affine.numpy(), scan.affine, atol=1e-6)
    np.testing.assert_allclose(back.meta["original_affine"], scan.affine)
    assert tuple(back.meta["spatial_shape"]) == scan.array.shape


def test_what_others_hand_over_is_kept(tmp_path):
    """MONAI Label sends its own strings and no name."""
    path = save(tmp_path, "dicom")
    given = {"image": str(path), "image_path": str(path), "device": "cpu"}
    found = PIPELINE(given)
    assert {key: found[key] for key in ("image_path", "device")} == {
        "image_path": str(path),
        "device": "cpu",
    }
    assert found["image"].meta["name"] == "p"
    assert found["image"].meta["series"] == "1.2.826.1"
    assert found["image"].meta["filename_or_obj"] == str(path)


def test_checks_are_those_of_preparation(tmp_path):
    array = small_ct().astype(np.float32)
    array[2, 2, 2] = np.inf
    path = save_nifti(tmp_path / "a.nii.gz", array)
    with pytest.raises(UserError, match=rf"^{path}: 1 voxels are NaN or infinite$"):
        LoadScand("image")({"image": str(path)})
    with pytest.raises(UserError, match="expected a file, one of"):
        LoadScand("image")({"image": str(tmp_path / "missing.nii.gz")})


@pytest.mark.parametrize(
    ("names", "intensity", "refused"),
    [
        (["MR"], "percentile", True),
        (["T1 or FLAIR"], "zscore", True),
        (["image"], "percentile", False),
        (["CT", "PET"], "percentile", False),
        (None, "percentile", False),
        (["CT"], "hu", False),
    ],
)
def test_a_model_of_mr_refuses_what_dicom_calls_a_ct(tmp_path, names, intensity, refused):
    """Of other formats, which do not say what they are, nothing is said."""
    load = LoadScand("image", intensity, names=names)
    nifti, dicom = save(tmp_path, "nifti"), save(tmp_path, "dicom")
    assert load({"image": str(nifti)})["image"].shape == (1, 14, 12, 9)
    if not refused:
        assert load({"image": str(dicom)})["image"].shape[0] == 1
        return
    with pytest.raises(UserError, match=rf"^{dicom}: a CT, the model was trained on MR; give it"):
        load({"image": str(dicom)})
