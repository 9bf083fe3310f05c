"""Resampling, checks and descriptions against known fields and slow oracles."""

import numpy as np
import pytest
from monai.data import MetaTensor
from monai.transforms import Compose, LoadImage, Orientation, Orientationd, Spacing

from medssl.sources import LoadScand, Respaced
from medssl.sources.plausible import check_hu
from medssl.sources.readers import BrokenScanError, Scan
from medssl.sources.resampling import (
    prepare_image,
    prepare_label,
)

from ..scans import oblique_affine, save_nifti, small_ct

TILTED = np.array([[-0.7, 0, 0, 9], [0, -0.7, 0.8, -3], [0, 0, 2.5, 4], [0, 0, 0, 1.0]])


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (0.5, 2.0, 1.5), None])
def test_a_linear_field_keeps_its_place_in_the_patient(spacing):
    """HU linear in millimetres: whatever the grid, every voxel must hold its own position's HU."""
    shape, affine, slope = (16, 14, 12), oblique_affine(), np.array([7.0, -11.0, 5.0])
    grid = np.moveaxis(np.indices(shape), 0, -1)
    field = (grid @ affine[:3, :3].T + affine[:3, 3]) @ slope - 900
    volume, beyond = prepare_image(Scan(field, affine), spacing)
    inside = np.linalg.inv(affine) @ volume.affine
    points = np.moveaxis(np.indices(volume.array.shape), 0, -1)
    source = points @ inside[:3, :3].T + inside[:3, 3]
    coarser = np.linalg.norm(inside[:3, :3], axis=0)
    face = np.where(coarser > 1, 2 * coarser, 0)  # where blurring meets what is continued
    order = np.abs(inside[:3, :3]).argmax(axis=1)
    within = ((source >= face[order]) & (source <= np.array(shape) - 1 - face[order])).all(-1)
    expected = (points @ volume.affine[:3, :3].T + volume.affine[:3, 3]) @ slope - 900
    assert within.sum() > 100
    assert np.abs(volume.array - expected)[within].max() <= 0.51
    assert beyond == 0


@pytest.mark.parametrize("antialias", [True, False])
@pytest.mark.parametrize("size", [0.6, 1.0, 3.0])
@pytest.mark.parametrize("affine", [np.diag([-0.7, -0.7, 2.5, 1]), TILTED])
def test_same_as_the_inference_pipeline(tmp_path, affine, size, antialias):
    path = save_nifti(tmp_path / "a.nii.gz", small_ct((30, 28, 12)), affine)
    pipeline = Compose(
        [
            LoadScand("image"),
            Orientationd("image", "RAS", labels=(("L", "R"), ("P", "A"), ("I", "S"))),
            Respaced("image", size, antialias=antialias, mode="bilinear"),
        ]
    )
    expected = pipeline({"image": str(path)})["image"]
    scan = Scan(small_ct((30, 28, 12)), affine)
    volume, _ = prepare_image(scan, (size,) * 3, antialias=antialias)
    assert volume.array.dtype == np.int16
    assert np.abs(volume.array - expected[0].numpy()).max() < 0.501
    np.testing.assert_allclose(volume.affine, expected.affine.numpy(), atol=1e-5)


def test_without_blurring_it_is_monais(tmp_path):
    affine = np.diag([-0.7, -0.7, 2.5, 1])
    path = save_nifti(tmp_path / "a.nii.gz", small_ct((30, 28, 12)), affine)
    pipeline = Compose(
        [
            LoadImage(ensure_channel_first=True),
            Orientation("RAS", labels=(("L", "R"), ("P", "A"), ("I", "S"))),
            Spacing((1.0, 1.0, 1.0), mode="bilinear", padding_mode="border"),
        ]
    )
    expected = pipeline(path)
    scan = Scan(small_ct((30, 28, 12)), affine)
    volume, _ = prepare_image(scan, (1.0, 1.0, 1.0), antialias=False)
    assert np.abs(volume.array - expected[0].numpy()).max() < 0.6
    np.testing.assert_allclose(volume.affine, expected.affine.numpy(), atol=1e-5)


def test_labels_follow_their_image_and_stay_labels():
    affine = np.diag([-0.7, -0.7, 2.5, 1])
    image = Scan(small_ct((30, 28, 12)), affine)
    label = np.random.default_rng(0).choice([0, 3, 300], (30, 28, 12)).astype(np.int32)
    volume = prepare_label(Scan(label, affine), image, (1.0, 1.0, 1.0))
    assert volume.array.dtype == np.uint16
    tensor = MetaTensor(label[None].astype(np.float32), affine=affine)
    tensor = Orientation("RAS", labels=(("L", "R"), ("P", "A"), ("I", "S")))(tensor)
    expected = Spacing((1.0, 1.0, 1.0), mode="nearest", padding_mode="border")(tensor)
    np.testing.assert_array_equal(volume.array, expected[0].numpy())
    np.testing.assert_array_equal(volume.affine, prepare_image(image, (1.0, 1.0, 1.0))[0].affine)


def test_label_stored_in_another_order_is_accepted():
    array, label = small_ct(), np.arange(960).reshape(12, 10, 8).astype(np.uint16)
    flipped = np.diag([-1.0, 1, 1, 1])
    flipped[0, 3] = 11
    volume = prepare_label(Scan(label[::-1], flipped), Scan(array, np.eye(4)), None)
    np.testing.assert_array_equal(volume.array, label)


@pytest.mark.parametrize(
    ("label", "affine", "reason"),
    [
        (np.zeros((12, 10, 7), np.uint8), np.eye(4), r"\(12, 10, 7\).*\(12, 10, 8\)"),
        (np.zeros((12, 10, 8), np.uint8), np.diag([1, 1, 1.2, 1]), r"1\.40 mm off"),
        (np.full((12, 10, 8), 0.5), np.eye(4), "whole numbers"),
        (np.full((12, 10, 8), -1, np.int16), np.eye(4), "whole numbers"),
        (np.full((12, 10, 8), np.nan), np.eye(4), "whole numbers"),
    ],
)
def test_labels_that_do_not_fit(label, affine, reason):
    with pytest.raises(BrokenScanError, match=reason):
        prepare_label(Scan(label, affine), Scan(small_ct(), np.eye(4)), None)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda a: np.full_like(a, -1000), "every voxel is -1000"),
        (lambda a: np.where(a == a[3, 3, 3], np.nan, a), "NaN"),
        (lambda a: np.where(a == a[3, 3, 3], np.inf, a), "infinite"),
        (lambda a: (a - a.min()) / np.ptp(a), "no Hounsfield units"),
        (lambda a: (a - a.mean()) / a.std(), "no Hounsfield units"),
        (lambda a: a + 1100, "no Hounsfield units"),
    ],
)
def test_voxels_that_are_no_ct(change, reason):
    with pytest.raises(BrokenScanError, match=reason):
        check_hu(change(small_ct().astype(np.float64)))
    check_hu(small_ct())


def test_only_what_int16_cannot_hold_is_clipped():
    array = small_ct().astype(np.float32)
    array[0, 0, :3] = 40000, -50000, 3071.4
    volume, beyond = prepare_image(Scan(array, np.eye(4)), None)
    assert beyond == 2
    assert volume.array[0, 0, :3].tolist() == [32767, -32768, 3071]
    clipped, _ = prepare_image(Scan(array, np.eye(4)), None, (-200.0, 200.0))
    np.testing.assert_array_equal(clipped.array, np.clip(volume.array, -200, 200))


def test_the_source_array_is_left_alone():
    array = small_ct().astype(np.float32)
    before = array.copy()
    prepare_image(Scan(array, np.eye(4)), None, (-200.0, 200.0))
    np.testing.assert_array_equal(array, before)


def test_a_label_ends_where_its_image_ends_though_rounded_otherwise():
    """A hundred-thousandth of a millimetre once shifted the label's grid by half a voxel."""
    affine = oblique_affine()
    rounded = affine.astype(np.float32).astype(np.float64)
    rounded[:3, :3] += np.random.default_rng(0).uniform(-1e-7, 1e-7, (3, 3))
    label = (small_ct((14, 12, 9)) > 0).astype(np.uint8)
    image = Scan(small_ct((14, 12, 9)), rounded)
    volume = prepare_label(Scan(label, affine), image, (1.5, 1.5, 1.5))
    np.testing.assert_allclose(
        volume.affine, prepare_image(image, (1.5, 1.5, 1.5))[0].affine, atol=1e-9
    )
