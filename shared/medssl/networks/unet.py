"""The one 3D U-Net that all pretext methods and tasks share (paper appendix, "Network")."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from ..errors import UserError
from .blocks import ConvBlock, initialise

LEVELS = 4
ACTIVATIONS = ("none", "sigmoid", "softmax")

STRIDE = 8  # voxels that become one at the deepest level


class Encoder(nn.Module):
    """Four convolution blocks with max pooling in between; total stride 8.

    Level ``k`` has ``2 * base_channels * 2**k`` channels (64, 128, 256, 512 in the paper, 7,027,776
    parameters) and keeps the map from before pooling.
    """

    def __init__(
        self, in_channels: int = 1, base_channels: int = 32, batch_norm: str = "running"
    ) -> None:
        super().__init__()
        self.channels: list[int] = [2 * base_channels * 2**level for level in range(LEVELS)]
        widths = [in_channels, *self.channels]
        self.blocks = nn.ModuleList(
            ConvBlock(
                widths[level],
                base_channels if level == 0 else widths[level],
                widths[level + 1],
                batch_norm,
            )
            for level in range(LEVELS)
        )
        initialise(self)

    def forward(self, x: Tensor) -> list[Tensor]:
        """Map ``(B, C, H, W, D)`` to the four levels, ``(B, channels[k], H/2^k, W/2^k, D/2^k)``."""
        levels: list[Tensor] = []
        for level, block in enumerate(self.blocks):
            if level > 0:
                x = F.max_pool3d(x, 2)
            x = block(x)
            levels.append(x)
        return levels


class UpStage(nn.Module):
    """Transposed convolution, optional concatenation of the skip, two convolution units."""

    def __init__(self, in_channels: int, skip_channels: int, out_channels: int, norm: str) -> None:
        super().__init__()
        self.up = nn.ConvTranspose3d(in_channels, in_channels, kernel_size=2, stride=2)
        self.convs = ConvBlock(in_channels + skip_channels, out_channels, out_channels, norm)
        self.uses_skip: bool = skip_channels > 0

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        x = self.up(x)
        if self.uses_skip:
            x = torch.cat([x, skip], dim=1)
        return self.convs(x)


class Decoder(nn.Module):
    """Three up-sampling stages from the deepest level back to full resolution.

    ``skip=False`` leaves the concatenations out, as in the paper's "w/o skip" pretraining
    (section 5.1); its first units then differ in shape, so such a decoder is not handed over.
    """

    def __init__(self, channels: list[int], batch_norm: str = "running", skip: bool = True) -> None:
        super().__init__()
        self.stages = nn.ModuleList(
            UpStage(
                channels[level + 1],
                channels[level] if skip else 0,
                channels[level],
                batch_norm,
            )
            for level in range(LEVELS - 2, -1, -1)
        )
        initialise(self)

    def forward(self, levels: list[Tensor]) -> Tensor:
        """Map the encoder's levels to ``(B, 2 * base_channels, H, W, D)``."""
        x = levels[-1]
        for stage, module in enumerate(self.stages):
            x = module(x, levels[2 - stage])
        return x


class UNet3D(nn.Module):
    """3D U-Net; 19,073,665 parameters with the defaults (16,751,233 without skips).

    Args:
        in_channels: channels of the image.
        out_channels: channels of the output map.
        base_channels: width; 32 is the paper's size.
        skip: concatenate encoder levels in the decoder.
        batch_norm: "running" or "batch", see :func:`~.blocks.make_norm`.
        activation: "none" (logits), "sigmoid" or "softmax" on the output.

    Raises:
        UserError: unknown ``batch_norm`` or ``activation``.
    """

    def __init__(
        self,
        in_channels: int = 1,
        out_channels: int = 1,
        base_channels: int = 32,
        skip: bool = True,
        batch_norm: str = "running",
        activation: str = "none",
    ) -> None:
        super().__init__()
        if activation not in ACTIVATIONS:
            raise UserError(f"activation: expected one of {ACTIVATIONS}, got '{activation}'")
        self.encoder = Encoder(in_channels, base_channels, batch_norm)
        self.decoder = Decoder(self.encoder.channels, batch_norm, skip)
        self.head = nn.Conv3d(self.encoder.channels[0], out_channels, kernel_size=1)
        self.activation: str = activation
        initialise(self.head)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(B, C, H, W, D)`` to ``(B, out_channels, H, W, D)``; sizes divide by 8."""
        x = self.head(self.decoder(self.encoder(x)))
        if self.activation == "sigmoid":
            return torch.sigmoid(x)
        if self.activation == "softmax":
            return torch.softmax(x, dim=1)
        return x
