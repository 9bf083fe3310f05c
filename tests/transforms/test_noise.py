"""Hash noise: uniform, uncorrelated, and a function of seed and position alone."""

import pytest
import torch
from scipy import stats

from medssl.transforms.noise import mix_, random_words, uniform_noise


def murmur3_finaliser(word):
    """The published 32-bit finaliser, in Python integers."""
    word ^= word >> 16
    word = word * 0x85EBCA6B & 0xFFFFFFFF
    word ^= word >> 13
    word = word * 0xC2B2AE35 & 0xFFFFFFFF
    return word ^ word >> 16


def test_mixing_is_the_published_finaliser():
    words = [0, 1, 2, 12345, 0x7FFFFFFF, 0x80000000, 0xDEADBEEF, 0xFFFFFFFF]
    signed = torch.tensor(words, dtype=torch.int64).to(torch.int32)
    ours = mix_(signed).to(torch.int64) & 0xFFFFFFFF
    assert ours.tolist() == [murmur3_finaliser(word) for word in words]


def test_noise_is_uniform_and_neighbours_are_uncorrelated():
    noise = uniform_noise(torch.tensor([1, 2]), (40, 40, 40), "test", "cpu").double()
    assert noise.shape == (2, 1, 40, 40, 40)
    assert float(noise.min()) >= 0
    assert float(noise.max()) < 1
    assert stats.kstest(noise[0].flatten().numpy(), "uniform").pvalue > 1e-3
    rows = noise.flatten(1)
    pairs = [(rows[0], rows[1]), (rows[0, 1:], rows[0, :-1]), (rows[0, 40:], rows[0, :-40])]
    for first, second in pairs:
        assert abs(torch.corrcoef(torch.stack([first, second]))[0, 1]) < 5 / 64000**0.5


def test_neighbouring_seeds_and_other_streams_are_independent():
    words = random_words(torch.arange(200), 500, "a", "cpu")
    other = random_words(torch.arange(200), 500, "b", "cpu")
    # A word agrees with another by chance once in 2**32.
    assert words.unique().numel() >= 100_000 - 5
    assert int((words == other).sum()) <= 1
    bits = (words[:, :, None] >> torch.arange(32, dtype=torch.int32)) & 1
    assert (bits.double().mean((0, 1)) - 0.5).abs().max() < 5 * 0.5 / 100_000**0.5


def test_a_sample_does_not_depend_on_its_batch_mates():
    together = random_words(torch.tensor([5, 6, 7]), 100, "x", "cpu")
    alone = random_words(torch.tensor([6]), 100, "x", "cpu")
    assert torch.equal(together[1], alone[0])


@pytest.mark.gpu
def test_noise_is_the_same_on_the_gpu():
    seeds = torch.tensor([3, 1 << 62])
    ours = uniform_noise(seeds, (16, 16, 16), "x", "cuda").cpu()
    assert torch.equal(ours, uniform_noise(seeds, (16, 16, 16), "x", "cpu"))
