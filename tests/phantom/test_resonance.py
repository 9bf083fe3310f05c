"""MR made of HU: contrast, shading, noise, and sequences that can be undone."""

from __future__ import annotations

import numpy as np
import pytest

from medssl.phantom.fields import Array
from medssl.phantom.frame import Frame
from medssl.phantom.resonance import SEQUENCES, magnetic_image

SHAPE = (40, 40, 30)
TISSUES = {"air": -1000.0, "fat": -100.0, "fluid": 10.0, "liver": 110.0, "bone": 620.0}


def image_of(hu: float, seed: int = 0) -> Array:
    frame = Frame(SHAPE, (8.0, 8.0, 8.0), np.eye(4), np.diag([8.0, 8.0, 8.0, 1.0]))
    return magnetic_image(np.full(SHAPE, hu, np.float32), frame, np.random.default_rng(seed))


def undo(name: str, values: Array) -> Array:
    """The one image from a sequence's values, written down apart from the sequences."""
    if name == "T2":
        return np.where(values < 0.1, values, 1.1 - values)
    return {"T1": values, "PD": values * values, "T1ce": np.sqrt(values)}[name]


def test_fat_shines_and_fluid_bone_and_air_are_dark() -> None:
    grey = {tissue: float(image_of(hu).mean()) for tissue, hu in TISSUES.items()}
    assert grey["fat"] > grey["liver"] > 2 * grey["fluid"] > 2 * grey["bone"] > 4 * grey["air"]


def test_values_are_grey_values_and_the_seed_draws_them() -> None:
    image = image_of(110.0)
    assert image.dtype == np.float32
    assert 0 <= image.min() < image.max() <= 1
    np.testing.assert_array_equal(image, image_of(110.0))
    assert (image != image_of(110.0, seed=1)).any()


def test_shading_is_smooth_and_seen_across_the_patient() -> None:
    blocks = image_of(110.0).reshape(8, 5, 8, 5, 6, 5).mean((1, 3, 5))
    across = np.ptp(blocks) / blocks.mean()
    steps = [np.abs(np.diff(blocks, axis=axis)).max() / blocks.mean() for axis in range(3)]
    assert 0.1 < across < 0.9
    assert max(steps) < 0.5 * across


def test_noise_is_rician() -> None:
    """Alike on both sides where there is signal, Rayleigh's distribution where there is none."""
    air = image_of(-1000.0)
    assert air.mean() / air.std() == pytest.approx(np.sqrt(np.pi / (4 - np.pi)), rel=0.02)
    fat = image_of(-100.0)
    noise = np.diff(fat, axis=0)
    sigma = air.mean() / np.sqrt(np.pi / 2)
    assert noise.std() / np.sqrt(2) == pytest.approx(sigma, rel=0.1)


@pytest.mark.parametrize("name", SEQUENCES)
def test_a_sequence_can_be_undone(name: str) -> None:
    image = np.linspace(0, 1, 1001)
    values = SEQUENCES[name](image)
    assert 0 <= values.min() <= values.max() <= 1
    np.testing.assert_allclose(undo(name, values), image, atol=1e-12)


def test_air_is_dark_in_every_sequence_but_tissue_differs() -> None:
    air, fluid, fat = (image_of(TISSUES[tissue]) for tissue in ("air", "fluid", "fat"))
    assert all(sequence(air).mean() < sequence(fat).mean() for sequence in SEQUENCES.values())
    assert SEQUENCES["T2"](fluid).mean() > 2 * SEQUENCES["T2"](fat).mean()
    ratios = [sequence(fat).mean() / sequence(fluid).mean() for sequence in SEQUENCES.values()]
    assert len({round(ratio, 1) for ratio in ratios}) == len(SEQUENCES)
