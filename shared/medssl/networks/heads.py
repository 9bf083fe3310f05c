"""Heads on the pooled encoder: classifier, projector, plain features."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .blocks import initialise
from .unet import Encoder


def pool(deepest: Tensor) -> Tensor:
    """Global average pooling, ``(B, C, h, w, d)`` to ``(B, C)``."""
    return deepest.mean(dim=[2, 3, 4])


class MLP(nn.Module):
    """Linear, ReLU, linear."""

    def __init__(self, in_features: int, hidden: int, out_features: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(in_features, hidden)
        self.fc2 = nn.Linear(hidden, out_features)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(torch.relu(self.fc1(x)))


class EncoderClassifier(nn.Module):
    """Encoder, global average pooling, FC 512-1024, ReLU, FC 1024-classes; raw logits.

    7,563,338 parameters with ten classes (rotation), 7,554,113 with one (nodule classification).
    The hidden width follows ``base_channels``.
    """

    def __init__(
        self,
        out_channels: int,
        in_channels: int = 1,
        base_channels: int = 32,
        batch_norm: str = "running",
    ) -> None:
        super().__init__()
        self.encoder = Encoder(in_channels, base_channels, batch_norm)
        features = self.encoder.channels[-1]
        self.head = MLP(features, 2 * features, out_channels)
        initialise(self.head)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(B, in_channels, H, W, D)`` to logits ``(B, out_channels)``."""
        return self.head(pool(self.encoder(x)[-1]))


class FeatureEncoder(nn.Module):
    """The encoder with global average pooling, one image per channel.

    Input ``(B, V, H, W, D)`` holds V views of one channel each; all go through the encoder in one
    pass (batch norm is pooled over views) and come back as ``(B, V * features)``.
    """

    def __init__(self, base_channels: int = 32, batch_norm: str = "running") -> None:
        super().__init__()
        self.encoder = Encoder(1, base_channels, batch_norm)

    def embed(self, x: Tensor) -> Tensor:
        """Pooled features of single-channel images, ``(N, 1, H, W, D)`` to ``(N, features)``."""
        return pool(self.encoder(x)[-1])

    def embed_views(self, x: Tensor) -> Tensor:
        """Embeddings of all views side by side, ``(B, V, H, W, D)`` to ``(B, V * features)``."""
        batch, views = x.shape[0], x.shape[1]
        embeddings = self.embed(x.reshape(batch * views, 1, x.shape[2], x.shape[3], x.shape[4]))
        return embeddings.reshape(batch, views * embeddings.shape[1])

    def forward(self, x: Tensor) -> Tensor:
        return self.embed_views(x)


class SiameseProjection(FeatureEncoder):
    """Encoder and projector FC 512-512, ReLU, FC 512-256 (SimCLR; 7,421,760 parameters).

    The projector keeps PyTorch's own initialisation, as published.
    """

    def __init__(
        self, base_channels: int = 32, projection: int = 256, batch_norm: str = "running"
    ) -> None:
        super().__init__(base_channels, batch_norm)
        features = self.encoder.channels[-1]
        self.projector = MLP(features, features, projection)

    def embed(self, x: Tensor) -> Tensor:
        """Projections of single-channel images, ``(N, 1, H, W, D)`` to ``(N, projection)``."""
        return self.projector(pool(self.encoder(x)[-1]))
