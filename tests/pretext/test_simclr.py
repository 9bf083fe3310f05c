"""SimCLR: two views of a pair of crops, drawn one by one."""

import pytest
import torch

from medssl.errors import UserError
from medssl.pretext import SimCLRPretext

MANY = torch.arange(5000)


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
        (lambda: SimCLRPretext(scale_range=(1.2, 0.8)), "scale_range"),
        (lambda: SimCLRPretext(max_sigma=-1), "max_sigma"),
        (lambda: SimCLRPretext(max_degrees=-1), "max_degrees"),
        (lambda: SimCLRPretext()(torch.rand(1, 1, 8, 8, 8), torch.tensor([0])), "two crops"),
    ],
)
def test_bad_arguments_are_named(build, message):
    with pytest.raises(UserError, match=message):
        build()


def test_views_depend_on_the_seed_alone():
    images, seeds = torch.rand(4, 2, 12, 12, 8), torch.tensor([5, 6, 7, 8])
    together, _ = SimCLRPretext()(images, seeds)
    alone, _ = SimCLRPretext()(images[2:3], seeds[2:3])
    torch.testing.assert_close(together[2:3], alone)
