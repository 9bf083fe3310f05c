"""BYOL's pair of networks: an online one that predicts, a target one that is predicted."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .heads import FeatureEncoder, pool
from .target import target_of
from .unet import Encoder


class NormedMLP(nn.Module):
    """Linear, batch norm, ReLU, linear."""

    def __init__(self, in_features: int, hidden: int, out_features: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(in_features, hidden)
        self.norm = nn.BatchNorm1d(hidden)
        self.fc2 = nn.Linear(hidden, out_features)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(torch.relu(self.norm(self.fc1(x))))


class Projection(nn.Module):
    """An encoder with a projector, ``(N, 1, H, W, D)`` to ``(N, projection)``."""

    def __init__(self, encoder: Encoder, projector: NormedMLP) -> None:
        super().__init__()
        self.encoder = encoder
        self.projector = projector

    def forward(self, x: Tensor) -> Tensor:
        return self.projector(pool(self.encoder(x)[-1]))


class BYOLNetwork(FeatureEncoder):
    """Online encoder, projector and predictor, and the target of the first two (Grill et al. 2020).

    Projector FC 512-512, batch norm, ReLU, FC 512-256; predictor FC 256-512, batch norm, ReLU,
    FC 512-256: 7,422,784 and 263,936 parameters of 15,109,504. The target starts as a copy of the
    online encoder and projector, gets no gradient, and is moved by
    :class:`~medssl.engines.UpdateTarget`. Projector and predictor keep PyTorch's own
    initialisation, as published.

    ``forward`` maps two views ``(B, 2, H, W, D)`` to ``(B, 4 * projection)``: the predictions of
    both views, then the target's projections of both. Each batch norm is pooled over the views.
    """

    def __init__(
        self, base_channels: int = 32, projection: int = 256, batch_norm: str = "running"
    ) -> None:
        super().__init__(base_channels, batch_norm)
        features = self.encoder.channels[-1]
        self.projector = NormedMLP(features, features, projection)
        self.predictor = NormedMLP(projection, features, projection)
        self.target = target_of(Projection(self.encoder, self.projector))

    def embed(self, x: Tensor) -> Tensor:
        """Predictions of single-channel images, ``(N, 1, H, W, D)`` to ``(N, projection)``."""
        return self.predictor(self.projector(pool(self.encoder(x)[-1])))

    def forward(self, x: Tensor) -> Tensor:
        batch, views = x.shape[0], x.shape[1]
        images = x.reshape(batch * views, 1, x.shape[2], x.shape[3], x.shape[4])
        predictions = self.embed(images)
        with torch.no_grad():
            projections = self.target(images)
        return torch.cat([predictions.reshape(batch, -1), projections.reshape(batch, -1)], dim=1)
