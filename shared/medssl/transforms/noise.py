"""Random bits as a function of (sample seed, position) alone.

A generator's stream depends on who drew before; a hash of a counter does not. So the noise of a
sample is the same on CPU and GPU and whatever its batch mates are, and a whole batch of it is a few
element-wise operations. The hash is the finaliser of MurmurHash3, which passes every bit of its
input on to every bit of its output.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ..random import fold
from .kernels import fill_noise, fill_words


def _signed(word: int) -> int:
    """Reinterpret 32 bits as the int32 that holds them."""
    return (word & 0xFFFFFFFF ^ 0x80000000) - 0x80000000


_MULTIPLIERS = (_signed(0x85EBCA6B), _signed(0xC2B2AE35))


def mix_(words: Tensor) -> Tensor:
    """Scramble int32 words in place; a bijection of 32 bits."""
    # The shift of a signed integer drags its sign along; the mask makes it a logical one.
    words.bitwise_xor_((words >> 16).bitwise_and_(0xFFFF)).mul_(_MULTIPLIERS[0])
    words.bitwise_xor_((words >> 13).bitwise_and_(0x7FFFF)).mul_(_MULTIPLIERS[1])
    return words.bitwise_xor_((words >> 16).bitwise_and_(0xFFFF))


def noise_keys(seeds: Tensor, stream: str) -> Tensor:
    """Return the two int32 words ``(B, 2)`` that set one sample's noise apart from another's."""
    keys = [fold(int(seed), stream) for seed in seeds]
    halves = [[_signed(key), _signed(key >> 32)] for key in keys]
    return torch.tensor(halves, dtype=torch.int32).reshape(-1, 2)


def random_words(seeds: Tensor, count: int, stream: str, device: torch.device | str) -> Tensor:
    """Return ``(B, count)`` uniformly distributed int32 words on ``device``.

    Args:
        seeds: ``(B,)`` integer sample seeds.
        count: words per sample, below 2**31.
        stream: label that keeps different uses independent.
        device: where the words are made.
    """
    keys = noise_keys(seeds, stream)
    if torch.device(device).type == "cpu":
        words = torch.empty(len(keys), count, dtype=torch.int32)
        fill_words(words.numpy().view(np.uint32), keys.numpy().view(np.uint32))
        return words
    return _words_on_device(keys, count, device)


def _words_on_device(keys: Tensor, count: int, device: torch.device | str) -> Tensor:
    """Hash all counters at once; the same bits as the loop on the CPU."""
    first, second = keys[:, :, None].to(device).unbind(1)
    counters = torch.arange(count, dtype=torch.int32, device=device)
    return mix_(mix_(counters ^ first).add_(second))


def unit_interval(words: Tensor) -> Tensor:
    """Map random int32 words to float32 in [0, 1), multiples of 2**-24."""
    return ((words >> 8) & 0xFFFFFF).float().mul_(2.0**-24)


def uniform_noise(
    seeds: Tensor, shape: tuple[int, int, int], stream: str, device: torch.device | str
) -> Tensor:
    """Return noise ``(B, 1, *shape)``, float32 uniform in [0, 1), one field per sample."""
    count = shape[0] * shape[1] * shape[2]
    if torch.device(device).type == "cpu":
        noise = torch.empty(len(seeds), count)
        fill_noise(noise.numpy(), noise_keys(seeds, stream).numpy().view(np.uint32))
        return noise.reshape(-1, 1, *shape)
    return unit_interval(random_words(seeds, count, stream, device)).reshape(-1, 1, *shape)
