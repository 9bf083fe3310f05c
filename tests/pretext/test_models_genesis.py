"""Models Genesis: rates, targets and what the network gets to see."""

import numpy as np
import pytest
import torch

from medssl.errors import UserError
from medssl.pretext import ModelsGenesisPretext
from medssl.transforms import flip

MANY = torch.arange(5000)


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


def test_a_rate_that_is_none_is_named():
    with pytest.raises(UserError, match=r"shuffle_rate.*1\.5"):
        ModelsGenesisPretext(shuffle_rate=1.5)
