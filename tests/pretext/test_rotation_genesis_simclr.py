"""The three methods: targets, rates and what the network gets to see."""

import numpy as np
import pytest
import torch

from medssl.errors import UserError
from medssl.pretext import ModelsGenesisPretext, RotationPretext, SimCLRPretext
from medssl.transforms import flip, unrotate_cubes

MANY = torch.arange(5000)


def test_rotation_classes_are_uniform():
    classes = RotationPretext().draw(MANY, (8, 8, 8)).classes
    counts = torch.bincount(classes, minlength=10)
    assert len(counts) == 10
    assert ((counts - 500) ** 2 / 500).sum() < 33.7  # chi-square, 9 degrees, p = 1e-4


def test_rotation_target_is_the_class_that_was_applied():
    cubes = torch.rand(40, 1, 6, 6, 6)
    inputs, targets = RotationPretext()(cubes, torch.arange(40))
    assert targets.dtype == torch.int64
    assert torch.equal(unrotate_cubes(inputs, targets), cubes)
    with pytest.raises(UserError, match="cubes"):
        RotationPretext()(torch.rand(1, 1, 6, 6, 4), torch.tensor([0]))


def test_models_genesis_rates():
    params = ModelsGenesisPretext().draw(MANY, (64, 64, 32))
    rates = {
        "shuffled": (params.shuffled, 0.5),
        "recoloured": (params.recoloured, 0.9),
        "painted": (params.painted, 0.9),
        "outer": (params.boxes.outer, 0.8),
    }
    for flags, rate in rates.values():
        assert flags.double().mean() == pytest.approx(
            rate, abs=4 * (rate * (1 - rate) / 5000) ** 0.5
        )
    flags = torch.stack([values.double() for values, _ in rates.values()])
    correlation = torch.corrcoef(torch.cat([flags, params.flips.double().T]))
    assert (correlation - torch.eye(7)).abs().max() < 5 / 5000**0.5
    assert params.flips.double().mean(0).tolist() == pytest.approx([0.5] * 3, abs=0.03)


def test_models_genesis_target_is_the_flipped_clean_crop():
    images, seeds = torch.rand(30, 1, 16, 16, 16), torch.arange(30)
    method = ModelsGenesisPretext(windows=100)
    inputs, targets = method(images, seeds)
    params = method.draw(seeds, (16, 16, 16))
    assert torch.equal(targets, flip(images, params.flips))
    untouched = ~(params.shuffled | params.recoloured | params.painted)
    changed = (inputs != targets).flatten(1).any(1)
    assert torch.equal(changed, ~untouched)


def test_models_genesis_without_corruption_returns_the_crop():
    images = torch.rand(4, 1, 16, 16, 16)
    off = ModelsGenesisPretext(0.0, 0.0, 0.0, 0.0)
    inputs, targets = off(images, torch.arange(4))
    assert torch.equal(inputs, images)
    assert torch.equal(targets, images)


def literal_share(rng, changed_by_shuffle, hidden):
    """Expected share of changed voxels of one crop, its three steps decided one after the other."""
    shuffled = rng.random() < 0.5
    if rng.random() < 0.9:
        return 1.0
    share = changed_by_shuffle if shuffled else 0.0
    if rng.random() < 0.9:
        visible = 1 - rng.choice(hidden["outer" if rng.random() < 0.8 else "inner"])
        share = 1 - visible * (1 - share)
    return share


def test_models_genesis_changes_as_many_voxels_as_its_steps_in_turn():
    shape, count = (16, 16, 16), 400
    images = torch.rand(count, 1, *shape)
    seeds = torch.arange(count)

    def share(method):
        inputs, targets = method(images, seeds)
        return (inputs != targets).double().mean((1, 2, 3, 4)).numpy()

    alone = {"flip_rate": 0.0, "windows": 150}
    shuffled = share(
        ModelsGenesisPretext(**alone, shuffle_rate=1, intensity_rate=0, painting_rate=0)
    )
    hidden = {
        name: share(
            ModelsGenesisPretext(
                **alone, shuffle_rate=0, intensity_rate=0, painting_rate=1, outer_rate=outer
            )
        )
        for name, outer in (("inner", 0.0), ("outer", 1.0))
    }
    rng = np.random.default_rng(0)
    literal = np.array([literal_share(rng, shuffled.mean(), hidden) for _ in range(20_000)])
    ours = share(ModelsGenesisPretext(windows=150))
    assert abs(ours.mean() - literal.mean()) < 4 * literal.std() / count**0.5


def test_models_genesis_corrupts_all_channels_alike():
    image = torch.rand(20, 1, 16, 16, 16)
    inputs, _ = ModelsGenesisPretext(windows=100)(image.expand(-1, 3, -1, -1, -1), torch.arange(20))
    assert torch.equal(inputs[:, 0], inputs[:, 2])


def test_simclr_recolours_each_view_by_a_rising_curve_of_its_own():
    still = {"flip_rate": 0.0, "max_degrees": 0.0, "scale_range": (1.0, 1.0), "max_sigma": 0.0}
    ramp = torch.linspace(0, 1, 16**3).view(1, 1, 16, 16, 16).expand(200, 2, -1, -1, -1)
    seeds = torch.arange(200)
    plain, _ = SimCLRPretext(**still)(ramp, seeds)
    torch.testing.assert_close(plain, ramp)
    views, _ = SimCLRPretext(**still, intensity_rate=0.8)(ramp, seeds)
    assert (views.flatten(2).diff(dim=2) >= 0).all()
    changed = (views - ramp).abs().amax((2, 3, 4)) > 1e-3
    assert abs(changed.double().mean() - 0.8) < 4 * (0.16 / 400) ** 0.5
    both = changed.all(1)
    assert ((views[both, 0] - views[both, 1]).abs().amax((1, 2, 3)) > 1e-3).all()


def test_simclr_views_are_drawn_independently():
    params = SimCLRPretext().draw(MANY, (16, 16, 16))
    first, second = (
        torch.cat(
            [view.flips.double(), view.affine.degrees, view.affine.scales, view.sigmas[:, None]], 1
        )
        for view in (params.first, params.second)
    )
    correlation = torch.corrcoef(torch.cat([first, second], 1).T)
    assert (correlation - torch.eye(20)).abs().max() < 5 / 5000**0.5


def test_simclr_views_stay_close_to_their_crops_when_nothing_is_asked():
    images = torch.rand(3, 2, 16, 16, 8)
    still = SimCLRPretext(flip_rate=0, max_degrees=0, scale_range=(1, 1), max_sigma=0)
    inputs, targets = still(images, torch.arange(3))
    assert torch.allclose(inputs, images, atol=1e-5)
    assert targets.tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: ModelsGenesisPretext(shuffle_rate=1.5), "shuffle_rate.*1.5"),
        (lambda: SimCLRPretext(scale_range=(1.2, 0.8)), "scale_range"),
        (lambda: SimCLRPretext(max_sigma=-1), "max_sigma"),
        (lambda: SimCLRPretext(max_degrees=-1), "max_degrees"),
        (lambda: SimCLRPretext()(torch.rand(1, 1, 8, 8, 8), torch.tensor([0])), "two crops"),
    ],
)
def test_bad_arguments_are_named(build, message):
    with pytest.raises(UserError, match=message):
        build()


def test_rotation_stretches_a_flat_crop_to_a_cube_first():
    """The paper's 64 x 64 x 32 crops become cubes; the mean intensity stays."""
    images, seeds = torch.rand(3, 1, 16, 16, 8), torch.arange(3)
    inputs, classes = RotationPretext(cube_size=16)(images, seeds)
    assert inputs.shape == (3, 1, 16, 16, 16)
    assert torch.equal(classes, RotationPretext()(torch.rand(3, 1, 8, 8, 8), seeds)[1])
    torch.testing.assert_close(inputs.mean(), images.mean(), atol=2e-3, rtol=0)
