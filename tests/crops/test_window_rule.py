"""Where windows run: body in CT and in scans of other scales, lung, or everywhere."""

import numpy as np
import pytest
import torch

from medssl.crops import WindowRule
from medssl.errors import UserError

WIDE = (-1000, 1000)
SIDES = (96, 80, 88)


def seen(hu, window=WIDE):
    """As the network gets it."""
    low, high = window
    return ((torch.as_tensor(hu, dtype=torch.float32) - low) / (high - low)).clamp(0, 1)[None]


def chest():
    """Air with noise and a body of tissue, with two lungs in its upper half."""
    rng = np.random.default_rng(0)
    x, y, z = np.indices(SIDES)
    hu = np.full(SIDES, -1000.0)
    hu[np.hypot((x - 48) / 40, (y - 40) / 28) < 1] = 40
    for middle in (30, 66):
        hu[(np.hypot((x - middle) / 14, (y - 40) / 18) < 1) & (z >= 48)] = -850
    return np.maximum(hu + rng.normal(0, 40, SIDES), -1024)


def voxels(blocks, sides=SIDES):
    return np.kron(blocks, np.ones((4, 4, 4), dtype=bool))[tuple(map(slice, sides))]


@pytest.mark.parametrize("window", [WIDE, (-200, 200), (-70, 200)])
def test_body_holds_all_that_is_no_air_and_what_it_encloses(window):
    hu = chest()
    found = voxels(WindowRule("body", window).blocks(seen(hu, window)))
    x, y, _ = np.indices(SIDES)
    body = np.hypot((x - 48) / 40, (y - 40) / 28) < 0.95
    assert found[body].all()
    assert found.mean() < body.mean() + 0.12
    assert not found[:4].any()


def test_blocks_at_the_far_ends_count_as_large_as_they_are():
    image = torch.zeros(1, 9, 6, 5)
    image[0, 8, 5, 4] = 1
    blocks = WindowRule("body", WIDE).blocks(image)
    assert np.argwhere(blocks).tolist() == [[2, 1, 1]]
    assert WindowRule("body", WIDE).blocks(torch.ones(1, 3, 2, 1)).tolist() == [[[True]]]


@pytest.mark.parametrize("scale", [(0.0, 1.0), (0.3, 0.5)])
def test_in_scans_of_another_scale_the_foreground_is_body(scale):
    """As preparation finds it: a tenth of the way from the darkest to the brightest."""
    dark, bright = scale
    image = torch.full((2, 40, 40, 40), dark)
    image[1, 12:24, 12:24, 12:24] = dark + 0.2 * (bright - dark)
    image[0, 24:32, 12:24, 12:24] = bright
    image[1, 24:32, 24:32, 24:32] = bright
    image[0, 0:8] += 0.05 * (bright - dark)
    blocks = WindowRule("body", WIDE, "percentile").blocks(image)
    expected = np.zeros((10, 10, 10), dtype=bool)
    expected[3:6, 3:6, 3:6] = expected[6:8, 3:6, 3:6] = expected[6:8, 6:8, 6:8] = True
    assert (blocks == expected).all()


def test_a_cut_out_of_one_organ_is_body_nearly_all():
    image = 0.4 + 0.2 * torch.rand(1, 24, 24, 24)
    assert WindowRule("body", WIDE, "zscore").blocks(image).all()


@pytest.mark.parametrize("window", [WIDE, (-950, 1000)])
def test_lung_is_lung_and_what_is_near(window):
    hu = chest()
    found = voxels(WindowRule("lung", window).blocks(seen(hu, window)))
    x, y, z = np.indices(SIDES)
    for middle in (30, 66):
        lung = (np.hypot((x - middle) / 18, (y - 40) / 22) < 1) & (z >= 44)
        assert found[lung].all()
    assert not found[..., :28].any()
    body = voxels(WindowRule("body", window).blocks(seen(hu, window)))
    assert not (found & ~body).any()


@pytest.mark.parametrize(("blocks", "lung"), [(2, False), (3, True)])
def test_a_sheet_as_thin_as_skin_is_no_lung(blocks, lung):
    hu = np.full(SIDES, 40)
    hu[8:32, 8:32, 8:32] = hu[72 : 72 + 4 * blocks] = -850
    found = WindowRule("lung", WIDE).blocks(seen(hu))
    assert found[:12].any()
    assert found[12:].any() == lung


@pytest.mark.parametrize(
    ("hu", "window", "intensity"),
    [
        (np.where(chest() > -500, chest(), 40), WIDE, "hu"),  # no lung
        (chest(), (-200, 200), "hu"),
        (chest(), WIDE, "percentile"),
    ],
)
def test_where_lung_cannot_be_told_it_is_body(hu, window, intensity):
    image = seen(hu, window)
    lung, body = (WindowRule(name, window, intensity).blocks(image) for name in ("lung", "body"))
    assert (lung == body).all()


def test_any_is_all_and_others_are_refused():
    assert WindowRule("any", WIDE).blocks(seen(chest())) is None
    with pytest.raises(UserError, match="window_rule: 'liver', expected one of any, body, lung"):
        WindowRule("liver", WIDE)
