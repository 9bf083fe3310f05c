"""Non-linear intensity map along a random Bezier curve (Models Genesis).

The cubic curve runs from (0, 0) over two control points in the unit square to (1, 1). With control
points in the unit square neither coordinate ever turns back: for x1 >= x2 the derivative's
discriminant is (x1 - x2)**2 - x1 (1 - x2) <= 0. So sorting the sampled x and y, as the method is
usually written, changes at most their direction, and the two kinds of map are

    increasing: x(s) -> y(s)          decreasing: x(s) -> y(1 - s)          0 <= s <= 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..random import decisions
from .kernels import interpolate
from .rows import SampleParams

_KNOTS = 4096  # a power of two, for the bisection


@dataclass(frozen=True)
class BezierParams(SampleParams):
    """``points`` ``(B, 2, 2)``: two control points (x, y); ``decreasing`` ``(B,)`` bool."""

    points: Tensor
    decreasing: Tensor


def draw_bezier(seeds: Tensor, decreasing_rate: float = 0.5) -> BezierParams:
    """Draw two control points, uniform in the unit square, and the direction of the map."""
    uniforms = decisions(seeds, 5, "bezier")
    return BezierParams(uniforms[:, :4].reshape(-1, 2, 2), uniforms[:, 4] < decreasing_rate)


def bezier_knots(params: BezierParams) -> tuple[Tensor, Tensor]:
    """Sample each map at 4096 knots, equally spaced in the curve's parameter.

    Returns:
        x, ascending, and y, both ``(B, 4096)`` float32 CPU tensors. Linear interpolation between
        them is within 3e-4 of the curve, also where it is vertical.
    """
    s = torch.linspace(0, 1, _KNOTS, dtype=torch.float64)
    basis = torch.stack([3 * s * (1 - s) ** 2, 3 * s**2 * (1 - s)])
    x, y = (params.points.transpose(1, 2) @ basis + s**3).unbind(1)
    return x.float(), torch.where(params.decreasing[:, None], y.flip(1), y).float()


def map_intensity(images: Tensor, params: BezierParams) -> Tensor:
    """Send every voxel through its sample's curve.

    Args:
        images: ``(B, C, X, Y, Z)`` in [0, 1]; values outside are clipped.
        params: the curves.

    Returns:
        Images in [0, 1] of the same shape and type.
    """
    on_cpu = images.device.type == "cpu"
    return _map_on_cpu(images, params) if on_cpu else _map_on_device(images, params)


def _map_on_device(images: Tensor, params: BezierParams) -> Tensor:
    """All samples at once."""
    x, y = (knots.to(images.device) for knots in bezier_knots(params))
    values = images.flatten(1).float().clamp(0, 1)
    left = _last_knot_below(x, values).clamp_(max=_KNOTS - 2)
    right = left + 1
    x0, y0 = x.gather(1, left), y.gather(1, left)
    fraction = (values - x0) / (x.gather(1, right) - x0).clamp_min_(1e-12)
    mapped = torch.lerp(y0, y.gather(1, right), fraction.clamp_(0, 1))
    return mapped.reshape(images.shape).to(images.dtype)


def _map_on_cpu(images: Tensor, params: BezierParams) -> Tensor:
    """The same interpolation, one sample after the other; equal up to float32 rounding."""
    values = images.flatten(1).float().contiguous()
    out = torch.empty_like(values)
    knots = (tensor.numpy() for tensor in bezier_knots(params))
    for sample, x, y, result in zip(values.numpy(), *knots, out.numpy(), strict=True):
        interpolate(sample, x, y, result)
    return out.reshape(images.shape).to(images.dtype)


def _last_knot_below(knots: Tensor, values: Tensor) -> Tensor:
    """Return the index of the last knot that is not above each value, by bisection."""
    index = torch.zeros(values.shape, dtype=torch.int64, device=values.device)
    step = knots.shape[1] // 2
    while step:
        index.add_(knots.gather(1, index + step) <= values, alpha=step)
        step //= 2
    return index
