"""Local pixel shuffling (Models Genesis), all windows at once.

Written out, the method goes through 10000 small random windows, permutes the voxels of the original
image inside each and writes them over the output. A voxel therefore ends up with a value of the
last window that covers it, taken from the place that window's permutation gives it; no other window
matters. Both are found for all voxels together: the last window by a scattered maximum, the
permutations by one sort of random keys within windows.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..errors import UserError
from .noise import random_words, unit_interval

_PAIRS_AT_ONCE = 1 << 24
_KEY_BITS = 24


def _draw_windows(
    seeds: Tensor, shape: tuple[int, int, int], windows: int, device: torch.device
) -> tuple[Tensor, Tensor]:
    """Return starts and sizes, ``(3, B * windows)`` int64; sides uniform in 1 .. side // 10."""
    words = random_words(seeds, 6 * windows, "shuffle", device)
    uniforms = unit_interval(words).reshape(-1, 6, windows).transpose(0, 1).reshape(6, -1)
    sides = torch.tensor(shape, device=device)[:, None]
    sizes = 1 + (uniforms[:3] * (sides // 10)).long()
    starts = (uniforms[3:] * (sides - sizes + 1)).long()
    return starts, sizes


def _expand(first: Tensor, counts: Tensor, stride: int) -> Tensor:
    """Concatenate ``first[i] + stride * (0 .. counts[i] - 1)`` over i."""
    ends = counts.cumsum(0)
    total = int(ends[-1])
    steps = torch.arange(total, device=first.device)
    base = first - stride * (ends - counts)
    return base.repeat_interleave(counts, output_size=total) + stride * steps


def _source_of_voxels(
    seeds: Tensor, shape: tuple[int, int, int], windows: int, device: torch.device
) -> Tensor:
    """Return ``(B, X * Y * Z)``: the flat index inside the sample that each voxel copies."""
    voxels = shape[0] * shape[1] * shape[2]
    starts, sizes = _draw_windows(seeds, shape, windows, device)
    number = torch.arange(starts.shape[1], device=device)
    corner = (number // windows) * voxels + (
        (starts[0] * shape[1] + starts[1]) * shape[2] + starts[2]
    )
    # Grow corners to lines along x, to sheets along y, to boxes along z.
    lines = _expand(corner, sizes[0], shape[1] * shape[2])
    sheets = _expand(lines, sizes[1].repeat_interleave(sizes[0]), shape[2])
    area = sizes[0] * sizes[1]
    voxel = _expand(sheets, sizes[2].repeat_interleave(area), 1)
    window = number.repeat_interleave(area * sizes[2], output_size=len(voxel))

    last = torch.full((len(seeds) * voxels,), -1, device=device)
    last.scatter_reduce_(0, voxel, window, "amax")
    bits = random_words(seeds[:1], len(voxel), "shuffle-keys", device)[0]
    keys = (window << _KEY_BITS) | (bits & ((1 << _KEY_BITS) - 1)).long()
    shuffled = voxel[keys.sort(stable=True).indices]
    kept = last[voxel] == window
    source = torch.arange(len(last), device=device)
    source[voxel[kept]] = shuffled[kept]
    return source.reshape(len(seeds), voxels)


def local_shuffle(images: Tensor, seeds: Tensor, windows: int = 10_000) -> Tensor:
    """Permute voxels inside many small windows, the same way in all channels.

    Args:
        images: ``(B, C, X, Y, Z)``, any type and device, each side at least 10 voxels.
        seeds: ``(B,)`` sample seeds.
        windows: number of windows; their sides are uniform in 1 .. side // 10 voxels and their
            position is uniform.

    Raises:
        UserError: a side is shorter than 10 voxels.
    """
    shape = (images.shape[2], images.shape[3], images.shape[4])
    if min(shape) < 10:
        raise UserError(
            f"local shuffling: each side of a crop needs at least 10 voxels, got {shape}; "
            "enlarge crop_size"
        )
    source = _source_of_voxels(seeds, shape, windows, images.device)
    offset = torch.arange(len(images), device=images.device)[:, None] * source.shape[1]
    flat = images.flatten(2)
    local = (source - offset)[:, None].expand(-1, images.shape[1], -1)
    return flat.gather(2, local).reshape(images.shape)
