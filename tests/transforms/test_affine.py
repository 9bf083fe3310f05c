"""Affine resampling against scipy, one sample at a time."""

import numpy as np
import pytest
import torch
from scipy import ndimage
from scipy.spatial.transform import Rotation

from medssl.transforms import (
    AffineParams,
    apply_affine,
    draw_affine,
    quarter_turns,
)

SHAPE = (16, 14, 9)


def smooth(count, shape=SHAPE):
    rng = np.random.default_rng(0)
    images = [ndimage.gaussian_filter(rng.random(shape), 1.5) for _ in range(count)]
    return torch.tensor(np.stack(images))[:, None].float()


def params_of(degrees, scales=((1.0, 1.0, 1.0),)):
    return AffineParams(torch.tensor(degrees).double(), torch.tensor(scales).double())


@pytest.mark.parametrize(
    ("mode", "order", "padding", "outside"),
    [
        ("bilinear", 1, "border", "nearest"),
        ("bilinear", 1, "zeros", "grid-constant"),
        ("nearest", 0, "border", "nearest"),
    ],
)
def test_affine_against_scipy(mode, order, padding, outside):
    images = smooth(6)
    params = draw_affine(torch.arange(6), max_degrees=40)
    ours = apply_affine(images, params, mode, padding)[:, 0].numpy()
    centre = (np.array(SHAPE) - 1) / 2
    for image, degrees, scales, result in zip(images[:, 0], params.degrees, params.scales, ours):
        forward = Rotation.from_euler("xyz", degrees, degrees=True).as_matrix() @ np.diag(scales)
        inverse = np.linalg.inv(forward)
        expected = ndimage.affine_transform(
            image.numpy(), inverse, centre - inverse @ centre, order=order, mode=outside
        )
        # Nearest neighbour may round a tie the other way.
        assert np.mean(np.abs(expected - result) > 1e-4) < (0.01 if order == 0 else 1e-9)


def test_identity_and_right_angles_are_exact():
    images = torch.rand(1, 2, 8, 8, 8)
    assert torch.allclose(apply_affine(images, params_of([[0.0, 0, 0]])), images, atol=1e-5)
    for axis, plane in enumerate(((1, 2), (2, 0), (0, 1))):
        degrees = [[90.0 if axis == k else 0.0 for k in range(3)]]
        expected = quarter_turns(images, torch.tensor([1]), plane)
        assert torch.allclose(apply_affine(images, params_of(degrees)), expected, atol=1e-4)


def test_rotation_is_rigid_in_a_flat_crop():
    # Two points of a 32 x 32 x 16 crop keep their distance, in voxels, at an oblique angle.
    axes = [torch.arange(side).double() - (side - 1) / 2 for side in (32, 32, 16)]
    x, y, z = torch.meshgrid(*axes, indexing="ij")
    points = [(6.0, 0.0, -3.0), (-4.0, 5.0, 3.0)]
    blobs = [torch.exp(-((x - a) ** 2 + (y - b) ** 2 + (z - c) ** 2) / 4) for a, b, c in points]
    images = torch.stack(blobs)[None].float()
    moved = apply_affine(images, params_of([[15.0, -20.0, 35.0]]), padding="zeros")[0].double()
    grid = torch.stack([x, y, z])
    centres = [(grid * blob).sum((1, 2, 3)) / blob.sum() for blob in moved]
    expected = (torch.tensor(points[0]) - torch.tensor(points[1])).norm()
    assert (centres[0] - centres[1]).norm() == pytest.approx(float(expected), abs=0.03)
    matrix = Rotation.from_euler("xyz", [15, -20, 35], degrees=True).as_matrix()
    assert np.allclose(centres[0], matrix @ points[0], atol=0.03)


def test_a_scale_above_one_makes_the_content_grow():
    images = torch.zeros(1, 1, 20, 20, 20)
    images[:, :, 5:15, 5:15, 5:15] = 1
    moved = apply_affine(images, params_of([[0.0, 0, 0]], [[1.2, 1.0, 0.8]]))
    extent = [float(moved[0, 0].sum(axis).max()) for axis in range(3)]
    assert extent == pytest.approx([12, 10, 8], abs=0.01)


def test_labels_stay_labels():
    labels = torch.randint(0, 4, (4, 1, *SHAPE)).float()
    moved = apply_affine(labels, draw_affine(torch.arange(4), 30), mode="nearest")
    assert set(moved.unique().tolist()) <= {0.0, 1.0, 2.0, 3.0}


def test_affine_draws_fill_their_ranges():
    params = draw_affine(torch.arange(5000))
    for values, low, high in ((params.degrees, -10, 10), (params.scales, 0.8, 1.2)):
        for column in values.T:
            counts = torch.histc(column, 10, low, high)
            assert int(counts.sum()) == 5000
            assert ((counts - 500) ** 2 / 500).sum() < 33.7  # chi-square, p = 1e-4
    assert abs(torch.corrcoef(torch.cat([params.degrees, params.scales], 1).T)[0, 1]) < 0.06
    isotropic = draw_affine(torch.arange(9), isotropic=True).scales
    assert (isotropic == isotropic[:, :1]).all()


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
def test_types_are_kept(dtype):
    images = smooth(2).to(dtype)
    assert apply_affine(images, draw_affine(torch.arange(2))).dtype == dtype
