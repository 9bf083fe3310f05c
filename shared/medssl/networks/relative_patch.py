"""The network of relative patch location: both patches through one encoder, one head on both."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .blocks import initialise
from .heads import MLP, FeatureEncoder, pool


class PatchCode(nn.Module):
    """Linear, batch norm, ReLU: the short code of one patch."""

    def __init__(self, in_features: int, out_features: int) -> None:
        super().__init__()
        self.fc = nn.Linear(in_features, out_features)
        self.norm = nn.BatchNorm1d(out_features)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.norm(self.fc(x)))


class RelativePatchNetwork(FeatureEncoder):
    """Encoder, average pooling, FC 512-64, batch norm, ReLU for each patch; FC 128-1024-26 on both.

    7,219,482 parameters (paper, appendix: relative patch location). Input ``(B, 2, H, W, D)`` holds
    the centre patch and its neighbour; both go through the encoder in one pass, so that batch norm
    is pooled over them. Output: logits ``(B, out_channels)``. All widths follow ``base_channels``.
    """

    def __init__(
        self, out_channels: int = 26, base_channels: int = 32, batch_norm: str = "running"
    ) -> None:
        super().__init__(base_channels, batch_norm)
        features = self.encoder.channels[-1]
        self.code = PatchCode(features, features // 8)
        self.head = MLP(features // 4, 2 * features, out_channels)
        initialise(self.code)
        initialise(self.head)

    def embed(self, x: Tensor) -> Tensor:
        """Codes of single patches, ``(N, 1, H, W, D)`` to ``(N, features // 8)``."""
        return self.code(pool(self.encoder(x)[-1]))

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.embed_views(x))
