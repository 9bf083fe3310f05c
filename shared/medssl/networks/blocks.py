"""The units the 3D U-Net is made of (paper appendix, "Network architecture")."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from ..errors import UserError


class BatchStatNorm3d(nn.BatchNorm3d):
    """Batch norm that normalises with the statistics of the current batch in eval mode too.

    It repeats the published network's behaviour, with one difference: evaluating never changes
    the running buffers. A prediction depends on its batch mates, so this is an option and not the
    default.
    """

    def forward(self, input: Tensor) -> Tensor:
        if self.training:
            return F.batch_norm(
                input,
                self.running_mean,
                self.running_var,
                self.weight,
                self.bias,
                True,
                0.1,
                self.eps,
            )
        return F.batch_norm(input, None, None, self.weight, self.bias, True, 0.1, self.eps)


NORMS: dict[str, type[nn.BatchNorm3d]] = {"running": nn.BatchNorm3d, "batch": BatchStatNorm3d}


def make_norm(kind: str, channels: int) -> nn.BatchNorm3d:
    """Return the batch norm called ``kind``: "running" (ordinary) or "batch" (batch statistics).

    Raises:
        UserError: for another name.
    """
    if kind not in NORMS:
        raise UserError(f"batch_norm: expected one of {sorted(NORMS)}, got '{kind}'")
    return NORMS[kind](channels)


class ConvUnit(nn.Module):
    """Convolution 3x3x3 with bias, batch norm, ReLU; keeps the spatial shape."""

    def __init__(self, in_channels: int, out_channels: int, batch_norm: str) -> None:
        super().__init__()
        self.conv = nn.Conv3d(in_channels, out_channels, kernel_size=3, padding=1)
        self.norm = make_norm(batch_norm, out_channels)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.norm(self.conv(x)))


class ConvBlock(nn.Module):
    """Two :class:`ConvUnit` in a row."""

    def __init__(
        self, in_channels: int, mid_channels: int, out_channels: int, batch_norm: str
    ) -> None:
        super().__init__()
        self.unit1 = ConvUnit(in_channels, mid_channels, batch_norm)
        self.unit2 = ConvUnit(mid_channels, out_channels, batch_norm)

    def forward(self, x: Tensor) -> Tensor:
        return self.unit2(self.unit1(x))


def initialise(module: nn.Module) -> None:
    """Kaiming-normal weights (fan in) and zero biases for convolutions and linear layers.

    Source: He et al. 2015, the "random init" baseline of the paper's Table 3. Batch norm keeps
    weight 1 and bias 0.
    """
    for layer in module.modules():
        if isinstance(layer, nn.Conv3d | nn.ConvTranspose3d | nn.Linear):
            nn.init.kaiming_normal_(layer.weight, a=0.0, mode="fan_in")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def place(network: nn.Module, device: torch.device | str, channels_last: bool = False) -> nn.Module:
    """Move ``network`` to ``device`` in place, with channels-last weights when asked for."""
    if channels_last:
        return network.to(device=device, memory_format=torch.channels_last_3d)  # type: ignore[call-overload]
    return network.to(device)
