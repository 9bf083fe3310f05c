"""Grey values change, each sample by its own seed; anatomy stays."""

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter

from medssl.transforms.grey_values import GreyParams, change_grey, draw_grey

SEEDS = torch.arange(4000)
NONE = {"noise": 0.0, "sigmas": 0.0, "light": 1.0, "contrast": 1.0, "zoom": 1.0, "gamma": 1.0}


def only(count=1, inverted=False, **strengths):
    """Parameters of some changes alone."""
    values = {name: torch.full((count,), value) for name, value in (NONE | strengths).items()}
    flags = torch.full((count,), inverted)
    return GreyParams(**values, inverted=flags, seeds=torch.arange(count))


def image(count=1, channels=2):
    return torch.rand(count, channels, 12, 11, 10, generator=torch.Generator().manual_seed(3))


@pytest.mark.parametrize(
    ("name", "none", "rate", "ends"),
    [
        ("noise", 0, 0.1, (0, 0.1)),
        ("sigmas", 0, 0.2, (0.5, 1.0)),
        ("light", 1, 0.15, (0.75, 1.25)),
        ("contrast", 1, 0.15, (0.75, 1.25)),
        ("zoom", 1, 0.25, (0.5, 1.0)),
        ("gamma", 1, 0.3, (0.7, 1.5)),
    ],
)
def test_each_change_is_drawn_at_its_rate_and_in_its_range(name, none, rate, ends):
    values = getattr(draw_grey(SEEDS), name)
    changed = values[values != none]
    assert len(changed) / len(SEEDS) == pytest.approx(rate, abs=0.03)
    assert ends[0] <= changed.min()
    assert changed.max() <= ends[1]
    assert changed.mean() == pytest.approx(sum(ends) / 2, abs=0.02)


def test_no_change_returns_the_images_themselves():
    images = image(3)
    assert change_grey(images, only(3)) is images


def test_noise_has_the_drawn_spread_and_differs_between_channels():
    grey = torch.full((2, 2, 24, 24, 24), 0.5)
    noise = change_grey(grey, only(2, noise=0.05)) - 0.5
    assert noise.std().item() == pytest.approx(0.05, rel=0.03)
    assert abs(noise.mean().item()) < 1e-3
    assert abs(np.corrcoef(noise[0, 0].ravel(), noise[0, 1].ravel())[0, 1]) < 0.05
    assert abs(np.corrcoef(noise[0, 0].ravel(), noise[1, 0].ravel())[0, 1]) < 0.05


def test_blur_light_contrast_and_gamma_are_what_their_names_say():
    images = image()
    plain = images.numpy()[0, 0].astype(np.float64)
    found = change_grey(images, only(sigmas=0.8))[0, 0].numpy()
    np.testing.assert_allclose(found, gaussian_filter(plain, 0.8, mode="nearest"), atol=1e-5)
    np.testing.assert_allclose(change_grey(images, only(light=0.75))[0, 0], plain * 0.75, atol=1e-6)
    expected = (plain - plain.mean()) * 1.2 + plain.mean()
    found = change_grey(images, only(contrast=1.2))[0, 0]
    np.testing.assert_allclose(found, expected.clip(plain.min(), plain.max()), atol=1e-5)
    low, span = plain.min(), np.ptp(plain)
    found = change_grey(images, only(gamma=1.4))[0, 0]
    np.testing.assert_allclose(found, ((plain - low) / span) ** 1.4 * span + low, atol=1e-5)
    found = change_grey(images, only(gamma=1.4, inverted=True))[0, 0]
    expected = (1 - (1 - (plain - low) / span) ** 1.4) * span + low
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_detail_is_lost_and_a_flat_image_stays():
    images = image()
    coarse = change_grey(images, only(zoom=0.5))
    steps = [part.diff(dim=2).abs().mean() for part in (images, coarse)]
    assert steps[1] < 0.7 * steps[0]
    flat = torch.full((1, 1, 8, 8, 8), 0.4)
    torch.testing.assert_close(change_grey(flat, only(zoom=0.5, gamma=1.3, contrast=1.2)), flat)


def test_a_sample_does_not_depend_on_its_batch_mates():
    images = image(32)
    together = change_grey(images, draw_grey(torch.arange(32)))
    for row in range(32):
        alone = change_grey(images[row : row + 1], draw_grey(torch.tensor([row])))
        torch.testing.assert_close(alone[0], together[row], atol=1e-5, rtol=1e-4)
    assert together.min() >= 0
    assert together.max() <= 1
    assert not torch.equal(together, images)
