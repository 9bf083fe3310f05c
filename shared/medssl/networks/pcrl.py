"""PCRL's networks: a U-Net whose decoder is told a spatial transform, and its training pair."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..channels import channel_to_numbers, numbers_to_channel
from .blocks import initialise
from .heads import MLP, pool
from .target import target_of
from .unet import UNet3D

CODE = 7
RECONSTRUCTIONS = 3


class ControlledUNet3D(UNet3D):
    """3D U-Net whose deepest level is gated by a control code (Zhou et al., PCRL, 2021).

    The code (three flips, one-hot quarter turns in x-y) goes through FC 7-256, ReLU, FC 256-512 and
    a sigmoid and multiplies the deepest level channel by channel, so that the decoder can show the
    crop under that transform. Decoder, head and control branch have 12,179,521 parameters
    (9,857,089 without skips). ``forward`` restores an image under the code of no transform.

    Args:
        base_channels: width; 32 is the paper's size.
        skip: concatenate encoder levels in the decoder.
        batch_norm: "running" or "batch".
    """

    def __init__(
        self, base_channels: int = 32, skip: bool = True, batch_norm: str = "running"
    ) -> None:
        super().__init__(
            base_channels=base_channels, skip=skip, batch_norm=batch_norm, activation="sigmoid"
        )
        features = self.encoder.channels[-1]
        self.control = MLP(CODE, features // 2, features)
        self.no_transform = [0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0]
        initialise(self.control)

    def restore(self, levels: list[Tensor], codes: Tensor) -> Tensor:
        """Decode the encoder's levels under ``codes`` ``(B, 7)``: ``(B, 1, H, W, D)`` in [0, 1]."""
        gate = torch.sigmoid(self.control(codes))[:, :, None, None, None]
        gated = levels[:-1]
        gated.append(levels[-1] * gate)
        return torch.sigmoid(self.head(self.decoder(gated)))

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(B, 1, H, W, D)`` to its restoration of the same shape; sizes divide by 8."""
        code = torch.tensor(self.no_transform, dtype=x.dtype, device=x.device)
        return self.restore(self.encoder(x), code.expand(x.shape[0], -1))


class PCRLNetwork(ControlledUNet3D):
    """PCRL's training network: the online U-Net and a moving average of its encoder.

    Crop 1 goes through the online encoder and projector (FC 512-512, ReLU, FC 512-128; 7,356,096
    parameters), crop 2 through the target's, without gradient. The hybrid of both, mixed at all
    four levels by the factor that mixed the images, is embedded by the target's projector. The
    decoder restores the three in one pass, its batch norm pooled over them.

    The target starts as a copy and is moved by :class:`~medssl.engines.UpdateTarget`; its batch
    norm is in training mode with the rest. The projector keeps PyTorch's own initialisation.

    ``forward`` takes the inputs of :class:`~medssl.pretext.PCRLPretext`, ``(B, 3, H, W, D)``, and
    returns ``(B, 4, H, W, D)``: the reconstructions of crop 1, crop 2 and their mixture, and a
    channel (:mod:`~medssl.channels`) with the embeddings of crop 1, crop 2 and the hybrid,
    ``projection`` numbers each.
    """

    def __init__(
        self,
        base_channels: int = 32,
        skip: bool = True,
        projection: int = 128,
        batch_norm: str = "running",
    ) -> None:
        super().__init__(base_channels, skip, batch_norm)
        features = self.encoder.channels[-1]
        self.projector = MLP(features, features, projection)
        self.target = nn.ModuleDict(
            {"encoder": target_of(self.encoder), "projector": target_of(self.projector)}
        )

    def forward(self, x: Tensor) -> Tensor:
        numbers = channel_to_numbers(x[:, 2:], RECONSTRUCTIONS * CODE + 1)
        online = self.encoder(x[:, :1])
        with torch.no_grad():
            target = self.target["encoder"](x[:, 1:2])
        share = numbers[:, -1, None, None, None, None].to(online[0].dtype)
        hybrid = [torch.lerp(t, o, share) for t, o in zip(target, online, strict=True)]
        levels = [torch.cat(three) for three in zip(online, target, hybrid, strict=True)]
        # Samples of one branch follow each other in the decoder's batch, so the codes must as well.
        codes = numbers[:, :-1].unflatten(1, (RECONSTRUCTIONS, CODE)).transpose(0, 1).flatten(0, 1)
        images = self.restore(levels, codes).unflatten(0, (RECONSTRUCTIONS, -1))
        embeddings = self._embed(online[-1], target[-1], hybrid[-1])
        shape = (x.shape[2], x.shape[3], x.shape[4])
        message = numbers_to_channel(embeddings, shape)
        return torch.cat([*images, message], dim=1)

    def _embed(self, online: Tensor, target: Tensor, hybrid: Tensor) -> Tensor:
        """Embed the deepest levels, ``(B, 3 * projection)``; only the first has gradients."""
        query = self.projector(pool(online))
        with torch.no_grad():
            keys = [self.target["projector"](pool(level)) for level in (target, hybrid)]
        return torch.cat([query, *keys], dim=1)
