"""The CPU's loops against the tensor operations that a GPU runs."""

import multiprocessing
import pickle

import pytest
import torch

from medssl.pretext import ModelsGenesisPretext
from medssl.transforms import (
    draw_bezier,
    draw_painting,
    intensity,
    noise,
    paint,
    painting,
)

SEEDS = torch.tensor([0, 1, 1 << 62, 12345])


def test_words_and_noise_are_bit_equal():
    keys = noise.noise_keys(SEEDS, "test")
    words = noise._words_on_device(keys, 24_001, "cpu")
    assert torch.equal(noise.random_words(SEEDS, 24_001, "test", "cpu"), words)
    ours = noise.uniform_noise(SEEDS, (24_001, 1, 1), "test", "cpu")
    assert torch.equal(ours.flatten(1), noise.unit_interval(words))


@pytest.mark.parametrize("channels", [1, 3])
def test_painting_is_bit_equal(channels):
    shape = (21, 18, 35)
    images = torch.rand(40, channels, *shape)
    params = draw_painting(torch.arange(40), shape, outer_rate=0.5)
    hidden = painting.hidden_voxels(params, shape, images.device)
    field = noise.uniform_noise(params.seeds, shape, painting._STREAM, "cpu")
    expected = torch.where(hidden, field, images)
    assert torch.equal(paint(images, params), expected)
    assert torch.equal(paint(images.transpose(2, 3).contiguous().transpose(2, 3), params), expected)


def test_curves_agree_up_to_rounding():
    params = draw_bezier(torch.arange(200))
    values = torch.linspace(-0.1, 1.1, 5001)
    ours = intensity.map_intensity(values.repeat(200, 1)[:, None, None, None], params)
    x, y = intensity.bezier_knots(params)
    clipped = values.clamp(0, 1).repeat(200, 1)
    left = intensity._last_knot_below(x, clipped).clamp_(max=x.shape[1] - 2)
    share = (clipped - x.gather(1, left)) / (x.gather(1, left + 1) - x.gather(1, left))
    expected = torch.lerp(y.gather(1, left), y.gather(1, left + 1), share.nan_to_num(0).clamp(0, 1))
    assert torch.allclose(ours.flatten(1), expected, atol=2e-6)


def _corrupt(transform: ModelsGenesisPretext) -> bytes:
    images = torch.linspace(0, 1, 2 * 20**3).reshape(2, 1, 20, 20, 20)
    return transform(images, torch.tensor([3, 8]))[0].numpy().tobytes()


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_workers_compute_the_same(method):
    transform = pickle.loads(pickle.dumps(ModelsGenesisPretext()))
    here = _corrupt(transform)  # compiled here before the fork
    # One thread, as a loader's workers have: OpenMP's threads do not survive a fork.
    one_thread = {"initializer": torch.set_num_threads, "initargs": (1,)}
    with multiprocessing.get_context(method).Pool(1, **one_thread) as pool:
        assert pool.apply_async(_corrupt, (transform,)).get(timeout=120) == here
