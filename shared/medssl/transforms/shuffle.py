"""Local pixel shuffling (Models Genesis), all windows at once.

Written out, the method goes through 10000 small random windows, permutes the voxels of the original
image inside each and writes them over the output. A voxel therefore ends up with a value of the
last window that covers it, taken from the place that window's permutation gives it; no other window
matters. Both are found for all voxels together. Listing the voxels of all windows one after the
other gives pairs (window, voxel): the last window of a voxel is its largest pair, and one sort by
(window, random key) permutes every window's voxels among its own pairs.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..errors import UserError
from .noise import mix_, random_words, unit_interval

WINDOW_SHARE = 10
# A CPU gains from staying in its cache, a GPU from long launches; more only costs memory.
_PAIRS_AT_ONCE = {"cpu": 1 << 18, "cuda": 1 << 22}
_NUMBERS_PER_WINDOW = 7


def _expand(first: Tensor, counts: Tensor, stride: int) -> Tensor:
    """Concatenate ``first[i] + stride * (0 .. counts[i] - 1)`` over i."""
    ends = counts.cumsum(0)
    total = int(ends[-1])
    start = first - stride * (ends - counts)
    steps = torch.arange(0, stride * total, stride, device=first.device, dtype=first.dtype)
    return start.repeat_interleave(counts, output_size=total).add_(steps)


def _draw_windows(
    seeds: Tensor, shape: tuple[int, int, int], windows: int, device: torch.device
) -> tuple[Tensor, Tensor, Tensor]:
    """Return starts and sizes ``(3, B * windows)`` int64 and a random int32 word per window."""
    words = random_words(seeds, _NUMBERS_PER_WINDOW * windows, "shuffle", device)
    words = words.reshape(-1, _NUMBERS_PER_WINDOW, windows).transpose(0, 1).flatten(1)
    uniforms = unit_interval(words[:6])
    sides = torch.tensor(shape, device=device)[:, None]
    sizes = 1 + (uniforms[:3] * (sides // WINDOW_SHARE)).long()
    starts = (uniforms[3:] * (sides - sizes + 1)).long()
    return starts, sizes, words[6]


def _list_voxels(starts: Tensor, sizes: Tensor, shape: tuple[int, int, int]) -> Tensor:
    """Return the flat voxel index of every pair, window after window.

    Corners grow to lines along x, lines to sheets along y, sheets to boxes along z.
    """
    corners = (starts[0] * shape[1] + starts[1]) * shape[2] + starts[2]
    lines = _expand(corners, sizes[0], shape[1] * shape[2])
    sheets = _expand(lines, sizes[1].repeat_interleave(sizes[0]), shape[2])
    return _expand(sheets, sizes[2].repeat_interleave(sizes[0] * sizes[1]), 1)


def _permute_within(volumes: Tensor, words: Tensor) -> Tensor:
    """Return a permutation of the pairs that permutes each window's pairs at random.

    Args:
        volumes: ``(W,)`` pairs of each window.
        words: ``(W,)`` random int32, one per window.
    """
    pairs = int(volumes.sum())
    window = torch.arange(len(volumes), device=volumes.device)
    window = window.repeat_interleave(volumes, output_size=pairs)
    pair = torch.arange(pairs, device=volumes.device)
    # One int64 holds window, random key and pair, so that values are sorted and nothing else moves.
    low = pairs.bit_length()
    key_bits = min(32, 63 - low - len(volumes).bit_length())
    offsets = words - (volumes.cumsum(0) - volumes).int()
    keys = mix_(offsets[window].add_(pair.int())).long().bitwise_and_((1 << key_bits) - 1)
    packed = window.bitwise_left_shift_(key_bits).bitwise_or_(keys)
    packed.bitwise_left_shift_(low).bitwise_or_(pair)
    if packed.device.type == "cpu":
        packed.numpy().sort()  # vectorised, about seven times as fast as torch.sort
    else:
        packed = packed.sort().values
    return packed.bitwise_and_((1 << low) - 1)


def _sources(
    seeds: Tensor, shape: tuple[int, int, int], windows: int, device: torch.device
) -> Tensor:
    """Return ``(B, X * Y * Z)`` int64: the voxel of the sample whose value each voxel takes."""
    voxels = shape[0] * shape[1] * shape[2]
    starts, sizes, words = _draw_windows(seeds, shape, windows, device)
    volumes = sizes.prod(0)
    source = _list_voxels(starts, sizes, shape)
    sample = torch.arange(len(seeds), device=device)
    per_sample = volumes.reshape(len(seeds), windows).sum(1)
    target = source + (sample * voxels).repeat_interleave(per_sample, output_size=len(source))
    pair = torch.arange(len(source), device=device)
    last = torch.full((len(seeds) * voxels,), -1, device=device)
    last.scatter_reduce_(0, target, pair, "amax")
    taken = source[_permute_within(volumes, words)[last.clamp_min(0)]]
    own = torch.arange(voxels, device=device).repeat(len(seeds))
    return torch.where(last >= 0, taken, own).reshape(len(seeds), voxels)


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
    pairs = windows
    for side in shape:
        pairs *= 1 + side // WINDOW_SHARE
    at_once = _PAIRS_AT_ONCE.get(images.device.type, 1 << 22)
    samples = max(1, at_once * 8 // pairs)  # a side is (1 + side // 10) / 2 on average
    out = torch.empty_like(images)
    for some, own, result in zip(
        images.split(samples), seeds.split(samples), out.split(samples), strict=True
    ):
        source = _sources(own, shape, windows, images.device)[:, None]
        moved = some.flatten(2).gather(2, source.expand(-1, some.shape[1], -1))
        result.copy_(moved.reshape(some.shape))
    return out
