"""Crops lie on what is outlined, or well away from it."""

import nibabel as nib
import numpy as np

from features_masks import SIDE, body_of, mask_crops, on_grid, phantom_crops

SHAPE = (48, 44, 72)


def box(shape, low, high):
    mask = np.zeros(shape, dtype=bool)
    mask[tuple(slice(a, b) for a, b in zip(low, high))] = True
    return mask


def test_crops_on_a_mask_are_centred_on_it_and_others_keep_away():
    hu = np.arange(np.prod(SHAPE), dtype=np.int32).reshape(SHAPE)
    mask = box(SHAPE, (18, 18, 20), (22, 22, 24))
    allowed = box(SHAPE, (0, 0, 0), (48, 44, 60))
    crops = mask_crops(hu, mask, allowed, "p", "tumour")
    half = SIDE // 2
    centres = np.array([np.unravel_index(crop.hu[half, half, half], SHAPE) for crop in crops])
    on = np.array([crop.on for crop in crops])
    assert on.sum() == (~on).sum() == 12
    assert mask[tuple(centres[on].T)].all()
    nearest = [np.linalg.norm(np.argwhere(mask) - centre, axis=1).min() for centre in centres[~on]]
    assert min(nearest) * 2.0 >= 10
    assert allowed[tuple(centres[~on].T)].all()
    assert {crop.hu.shape for crop in crops} == {(SIDE, SIDE, SIDE)}
    blocks = np.array([crop.block for crop in crops])
    assert all(centres[blocks == k, 2].max() <= centres[blocks == k + 1, 2].min() for k in (0, 1))


def test_a_mask_without_room_beside_it_gives_no_crops():
    mask = np.ones(SHAPE, dtype=bool)
    assert mask_crops(np.zeros(SHAPE, np.int16), mask, mask, "p", "tumour") == []


def test_a_mask_is_read_at_another_grid(tmp_path):
    mask = box((40, 40, 40), (10, 10, 10), (20, 20, 20)).astype(np.uint8)
    nib.save(nib.Nifti1Image(mask, np.eye(4)), tmp_path / "m.nii.gz")
    affine = np.diag([2.0, 2.0, 2.0, 1.0])
    affine[:3, 3] = 4.0
    found = on_grid(tmp_path / "m.nii.gz", affine, (30, 30, 30))
    assert (found == box((30, 30, 30), (3, 3, 3), (8, 8, 8))).all()


def test_the_table_is_not_the_body():
    hu = np.full(SHAPE, -1000, np.int16)
    body = box(SHAPE, (10, 10, 5), (40, 35, 60))
    hu[body] = 40
    hu[5:45, 1:3, :] = 100
    found = body_of(hu)
    assert found.any()
    assert not (found & ~body).any()


def test_synthetic_chests_give_nodules_and_lung():
    crops = phantom_crops([0])
    assert {(crop.mask, crop.patient) for crop in crops} == {("nodule", "phantom 0")}
    assert sum(crop.on for crop in crops) == sum(not crop.on for crop in crops) == 12
    centres = np.array([crop.hu[15:18, 15:18, 15:18].mean() for crop in crops])
    on = np.array([crop.on for crop in crops])
    assert centres[on].min() > np.median(centres[~on])
