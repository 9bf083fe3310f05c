"""The augmentation levels: probabilities, image and label together, nothing else changed."""

import pytest
import torch

from medssl.errors import UserError
from medssl.transforms import LEVELS, Augmentation

SEEDS = torch.arange(4000)
# Flip, quarter turn, rotation, its limit in degrees, scaling; S1 to S6 are the paper's Table A1.
TABLE = {
    "S1": (0.5, 0.0, 0.0, 0, 0.0),
    "S2": (0.0, 0.5, 0.0, 0, 0.0),
    "S3": (0.5, 0.0, 0.3, 10, 0.0),
    "S4": (0.0, 0.5, 0.3, 20, 0.0),
    "S5": (0.5, 0.5, 0.6, 30, 0.0),
    "S6": (0.5, 0.5, 0.6, 30, 0.4),
    "strong": (0.5, 0.0, 0.3, 30, 0.3),
}


@pytest.mark.parametrize("level", TABLE)
def test_steps_happen_as_often_as_the_level_says(level):
    flip, quarter, rotate, limit, scale = TABLE[level]
    params = Augmentation(level).draw(SEEDS)
    assert params.flips.double().mean(0).tolist() == pytest.approx([flip] * 3, abs=0.03)
    assert (params.turns > 0).double().mean() == pytest.approx(quarter, abs=0.03)
    rotated = (params.degrees != 0).any(1)
    assert rotated.double().mean() == pytest.approx(rotate, abs=0.03)
    assert params.degrees.abs().max() <= limit
    if rotate:
        assert params.degrees.abs().max() > 0.97 * limit
    assert (params.scales != 1).any(1).double().mean() == pytest.approx(scale, abs=0.03)
    assert params.scales.min() >= 0.8
    assert params.scales.max() <= 1.2


def test_quarter_turns_are_equally_likely():
    turns = Augmentation("S2").draw(SEEDS).turns
    assert (turns[turns > 0].bincount()[1:] / (turns > 0).sum()).tolist() == pytest.approx(
        [1 / 3] * 3, abs=0.04
    )


def test_none_returns_its_input():
    images, labels = torch.rand(2, 1, 8, 8, 4), torch.ones(2, 1, 8, 8, 4)
    result = Augmentation("none")(images, labels, torch.arange(2))
    assert result[0] is images
    assert result[1] is labels


@pytest.mark.parametrize("level", [name for name in TABLE if not LEVELS[name].grey])
def test_label_follows_the_image_and_stays_binary(level):
    """A smooth ball as image and its half-maximum as label stay together."""
    grid = torch.stack(torch.meshgrid(*(torch.arange(n) for n in (24, 24, 16)), indexing="ij"))
    centre = torch.tensor([14, 9, 8]).view(3, 1, 1, 1)
    distance = (grid - centre).square().sum(0).sqrt()
    image = torch.sigmoid(4 - distance)[None, None].repeat(16, 1, 1, 1, 1)
    label = (distance < 4).float()[None, None].repeat(16, 1, 1, 1, 1)
    before = image.clone()
    moved, mask = Augmentation(level)(image, label, torch.arange(16))
    assert torch.equal(image, before)
    assert mask.unique().tolist() == [0, 1]
    agreement = ((moved > 0.5) == mask.bool()).double().mean()
    assert agreement > 0.995
    assert not torch.equal(moved, image)


def test_a_sample_does_not_depend_on_its_batch_mates():
    images, labels = torch.rand(6, 1, 16, 16, 8), torch.rand(6, 1, 16, 16, 8).round()
    seeds = torch.arange(6) + 100
    together = Augmentation("S6")(images, labels, seeds)
    for row in range(6):
        alone = Augmentation("S6")(images[row, None], labels[row, None], seeds[row, None])
        torch.testing.assert_close(together[0][row, None], alone[0])
        assert torch.equal(together[1][row, None], alone[1])


def test_unknown_level_is_named():
    assert set(LEVELS) == {"none", *TABLE}
    with pytest.raises(UserError, match="augmentation: expected one of"):
        Augmentation("S7")


def test_only_the_axes_asked_for_are_mirrored():
    flips = Augmentation("strong", flip_axes="yz").draw(SEEDS).flips
    assert flips.any(0).tolist() == [False, True, True]
    with pytest.raises(UserError, match=r"^flip_axes: 'left', expected some of 'xyz'"):
        Augmentation("S1", flip_axes="left")


def test_strong_changes_grey_values_of_images_alone():
    images = torch.rand(16, 1, 8, 8, 8)
    labels = (images > 0.5).float()
    level = Augmentation("strong")
    params = level.draw(torch.arange(16))
    changed, moved = level.apply(images, labels, params)
    assert set(moved.unique().tolist()) <= {0.0, 1.0}
    assert torch.equal(moved, level.move(labels, params, "nearest"))
    still = level.move(images, params)
    assert 4 < sum(not torch.equal(a, b) for a, b in zip(changed, still, strict=True)) < 16
