"""Local pixel shuffling (Models Genesis), a function of (sample seed, position) alone.

Written out, the method goes through 10000 small random windows, permutes the voxels of the original
image inside each and writes them over the output. Here each voxel of a window gets a random key,
and the order of the keys is the permutation. A CPU goes from window to window. A GPU does all
windows at once: listed one after the other, their voxels are pairs (window, voxel); the last window
of a voxel, the only one that matters to it, is its largest pair, and one stable sort by (window,
key) permutes every window's voxels among its own pairs. Both use integers only and agree bit for
bit.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ..errors import UserError
from .noise import mix_, random_words
from .shuffle_kernels import shuffle_windows

WINDOW_SHARE = 10
_PAIRS_AT_ONCE = 1 << 22  # pairs held in a GPU's memory; more only costs memory
_NUMBERS_PER_WINDOW = 7
_INTEGERS = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}
Shape = tuple[int, int, int]


def _below(words: Tensor, limits: Tensor | int) -> Tensor:
    """Map random int32 words to int64 in 0 .. limit - 1, equally likely."""
    return (words.long() >> 8 & 0xFFFFFF) * limits >> 24


def _draw_windows(
    seeds: Tensor, shape: Shape, windows: int, device: torch.device | str
) -> tuple[Tensor, Tensor, Tensor]:
    """Return starts and sizes ``(3, B, W)`` int64 and a random int32 per window ``(B, W)``."""
    words = random_words(seeds, _NUMBERS_PER_WINDOW * windows, "shuffle", device)
    words = words.reshape(-1, _NUMBERS_PER_WINDOW, windows).transpose(0, 1)
    sides = torch.tensor(shape, device=device)[:, None, None]
    sizes = 1 + _below(words[:3], sides // WINDOW_SHARE)
    return _below(words[3:6], sides - sizes + 1), sizes, words[6]


def _expand(first: Tensor, counts: Tensor, stride: int) -> Tensor:
    """Concatenate ``first[i] + stride * (0 .. counts[i] - 1)`` over i."""
    ends = counts.cumsum(0)
    total = int(ends[-1])
    start = first - stride * (ends - counts)
    steps = torch.arange(0, stride * total, stride, device=first.device, dtype=first.dtype)
    return start.repeat_interleave(counts, output_size=total).add_(steps)


def _list_voxels(starts: Tensor, sizes: Tensor, shape: Shape) -> Tensor:
    """Return the voxel of every pair, numbered through the batch, window after window.

    Corners grow to lines along x, lines to sheets along y, sheets to boxes along z.
    """
    sample = torch.arange(starts.shape[1], device=starts.device)[:, None]
    corners = ((sample * shape[0] + starts[0]) * shape[1] + starts[1]) * shape[2] + starts[2]
    x, y, z = sizes.flatten(1)
    lines = _expand(corners.flatten(), x, shape[1] * shape[2])
    sheets = _expand(lines, y.repeat_interleave(x), shape[2])
    return _expand(sheets, z.repeat_interleave(x * y), 1)


def _permute_within(volumes: Tensor, words: Tensor) -> Tensor:
    """Return a permutation of the pairs that permutes each window's pairs at random.

    Args:
        volumes: ``(W,)`` pairs of each window.
        words: ``(W,)`` random int32, one per window.
    """
    pairs = int(volumes.sum())
    window = torch.arange(len(volumes), device=volumes.device)
    window = window.repeat_interleave(volumes, output_size=pairs)
    first = volumes.cumsum(0) - volumes
    place = torch.arange(pairs, device=volumes.device) - first[window]
    # A key's low bits are left out, as many as number the window's places: the CPU keeps the place
    # there.
    low = volumes - 1
    for shift in (1, 2, 4, 8, 16):
        low = low | low >> shift
    keys = mix_(words[window].add_(place.int())).long() & ~low[window]
    return ((window << 32) + keys).argsort(stable=True)


def _sources(seeds: Tensor, shape: Shape, windows: int, device: torch.device | str) -> Tensor:
    """Return ``(B, X * Y * Z)`` int64: the voxel of the sample whose value each voxel takes."""
    voxels = shape[0] * shape[1] * shape[2]
    starts, sizes, words = _draw_windows(seeds, shape, windows, device)
    source = _list_voxels(starts, sizes, shape)
    last = torch.full((len(seeds) * voxels,), -1, device=device)
    pair = torch.arange(len(source), device=device)
    last.scatter_reduce_(0, source, pair, "amax")
    order = _permute_within(sizes.prod(0).flatten(), words.flatten())
    taken = source[order[last.clamp_min(0)]] % voxels
    own = torch.arange(voxels, device=device).repeat(len(seeds))
    return torch.where(last >= 0, taken, own).reshape(len(seeds), voxels)


def _shuffle_on_device(images: Tensor, seeds: Tensor, windows: int) -> Tensor:
    """Move all voxels of as many samples as memory holds at once."""
    shape = (images.shape[2], images.shape[3], images.shape[4])
    pairs = windows
    for side in shape:
        pairs *= 1 + side // WINDOW_SHARE
    samples = max(1, _PAIRS_AT_ONCE * 8 // pairs)  # a side is (1 + side // 10) / 2 on average
    out = torch.empty_like(images)
    for some, own, result in zip(
        images.split(samples), seeds.split(samples), out.split(samples), strict=True
    ):
        source = _sources(own, shape, windows, images.device)[:, None]
        moved = some.flatten(2).gather(2, source.expand(-1, some.shape[1], -1))
        result.copy_(moved.reshape(some.shape))
    return out


def _shuffle_on_cpu(images: Tensor, seeds: Tensor, windows: int) -> Tensor:
    """Go through the windows of each sample."""
    shape = (images.shape[2], images.shape[3], images.shape[4])
    content = images.contiguous().view(_INTEGERS[images.element_size()]).flatten(2)
    out = content.clone()
    for image, result, seed in zip(content.numpy(), out.numpy(), seeds, strict=True):
        starts, sizes, words = _draw_windows(seed[None], shape, windows, "cpu")
        corners, sides = (np.ascontiguousarray(box[:, 0].T) for box in (starts, sizes))
        keys = words[0].numpy().view(np.uint32)
        shuffle_windows(image, result, np.array(shape), corners, sides, keys)
    return out.view(images.dtype).reshape(images.shape)


def local_shuffle(images: Tensor, seeds: Tensor, windows: int = 10_000) -> Tensor:
    """Permute voxels inside many small windows, the same way in all channels.

    Args:
        images: ``(B, C, X, Y, Z)``, any type and device, each side at least 10 voxels.
        seeds: ``(B,)`` sample seeds.
        windows: number of windows, at least 1; their sides are uniform in 1 .. side // 10 voxels
            and their position is uniform.

    Raises:
        UserError: a side is shorter than 10 voxels.
    """
    shape = (images.shape[2], images.shape[3], images.shape[4])
    if min(shape) < WINDOW_SHARE:
        raise UserError(
            f"local shuffling: each side of a crop needs at least {WINDOW_SHARE} voxels, "
            f"got {shape}; enlarge crop_size"
        )
    if images.device.type == "cpu":
        return _shuffle_on_cpu(images, seeds, windows)
    return _shuffle_on_device(images, seeds, windows)
