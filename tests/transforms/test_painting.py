"""Painting against the boxes drawn one after the other."""

import numpy as np
import pytest
import torch

from medssl.errors import UserError
from medssl.transforms import draw_painting, paint
from medssl.transforms.painting import hidden_voxels

SHAPE = (64, 64, 32)


def literal_paint(image, outer, rng):
    """Up to five boxes of noise, or noise with one to five boxes of the image in it."""
    shape = image.shape
    out = rng.random(shape) if outer else image.copy()
    for box in range(5):
        if not (outer and box == 0) and rng.random() >= 0.95:
            break
        if outer:
            sides = [n - rng.integers(3 * n // 7, 4 * n // 7 + 1) for n in shape]
        else:
            sides = [rng.integers(n // 6, n // 3 + 1) for n in shape]
        start = [rng.integers(3, n - side - 3 + 1) for n, side in zip(shape, sides)]
        where = tuple(slice(a, a + side) for a, side in zip(start, sides))
        out[where] = image[where] if outer else rng.random(sides)
    return out


@pytest.mark.parametrize("outer", [False, True])
def test_hidden_share_is_distributed_as_in_the_loop(outer):
    rng = np.random.default_rng(0)
    blank = np.full(SHAPE, 2.0)
    literal = np.array([(literal_paint(blank, outer, rng) < 2).mean() for _ in range(300)])
    images = torch.full((300, 1, *SHAPE), 2.0)
    painted = paint(images, draw_painting(torch.arange(300), SHAPE, outer_rate=float(outer)))
    ours = (painted < 2).double().mean((1, 2, 3, 4)).numpy()
    assert np.abs(literal.mean() - ours.mean()) < 4 * np.hypot(literal.std(), ours.std()) / 300**0.5
    levels = [0.1, 0.25, 0.5, 0.75, 0.9]
    spread = literal.std()
    assert np.abs(np.quantile(literal, levels) - np.quantile(ours, levels)).max() < 0.4 * spread


def test_boxes_have_the_published_sizes_and_keep_off_the_border():
    params = draw_painting(torch.arange(5000), SHAPE)
    assert params.outer.double().mean() == pytest.approx(0.8, abs=0.025)
    ranges = {False: [(10, 21), (10, 21), (5, 10)], True: [(28, 37), (28, 37), (14, 19)]}
    for outer, limits in ranges.items():
        sizes = params.sizes[params.outer == outer].reshape(-1, 3)
        for axis, (low, high) in enumerate(limits):
            counts = torch.bincount(sizes[:, axis])[low:]
            assert len(counts) == high - low + 1
            expected = len(sizes) / len(counts)
            assert ((counts - expected) ** 2 / expected).sum() < 40  # chi-square, p < 1e-4
    assert int(params.starts.min()) == 3
    ends = (params.starts + params.sizes).amax((0, 1))
    assert ends.tolist() == [side - 3 for side in SHAPE]


def test_number_of_boxes():
    params = draw_painting(torch.arange(20_000), SHAPE)
    counts = {
        outer: torch.bincount(params.counts[params.outer == outer], minlength=6)
        for outer in (False, True)
    }
    go = 0.95
    expected = {
        False: [go**k * (1 - go) for k in range(5)] + [go**5],
        True: [0] + [go**k * (1 - go) for k in range(4)] + [go**4],
    }
    for outer, numbers in counts.items():
        shares = (numbers / numbers.sum()).tolist()
        assert shares == pytest.approx(expected[outer], abs=0.015)


def test_hidden_voxels_are_the_union_of_the_boxes():
    shape = (20, 18, 16)
    params = draw_painting(torch.arange(30), shape)
    ours = hidden_voxels(params, shape, torch.device("cpu"))
    for sample in range(30):
        inside = torch.zeros(shape, dtype=torch.bool)
        for box in range(int(params.counts[sample])):
            (x, y, z), (a, b, c) = params.starts[sample, box], params.sizes[sample, box]
            inside[x : x + a, y : y + b, z : z + c] = True
        assert torch.equal(ours[sample, 0], ~inside if params.outer[sample] else inside)


def test_noise_is_uniform_alike_in_channels_and_the_rest_is_untouched():
    images = torch.full((20, 2, *SHAPE), 2.0)
    painted = paint(images, draw_painting(torch.arange(20), SHAPE))
    assert torch.equal(painted[:, 0], painted[:, 1])
    noise = painted[painted != 2]
    assert noise.mean() == pytest.approx(0.5, abs=0.002)
    assert noise.var() == pytest.approx(1 / 12, abs=0.002)
    assert (images == 2).all()
    assert paint(images.bfloat16(), draw_painting(torch.arange(20), SHAPE)).dtype == torch.bfloat16


def test_small_crops_are_refused():
    draw_painting(torch.arange(100), (14, 14, 14))
    with pytest.raises(UserError, match="crop_size"):
        draw_painting(torch.arange(2), (64, 64, 13))
