"""The network of the puzzles: eight cubes through one encoder, heads on all of them."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..errors import UserError
from ..transforms.permutations import CUBES
from .blocks import initialise
from .heads import MLP, FeatureEncoder, pool
from .relative_patch import PatchCode


class OrderHead(nn.Module):
    """Linear, ReLU, linear, ReLU, linear."""

    def __init__(self, in_features: int, hidden: int, out_features: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(in_features, hidden)
        self.fc2 = nn.Linear(hidden, hidden)
        self.fc3 = nn.Linear(hidden, out_features)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc3(torch.relu(self.fc2(torch.relu(self.fc1(x)))))


HEADS: dict[int, type[MLP] | type[OrderHead]] = {2: MLP, 3: OrderHead}  # by their layers


class PuzzleNetwork(FeatureEncoder):
    """Encoder, average pooling, FC 512-64, batch norm, ReLU for each cube; heads on all codes.

    Order head FC 512-1024-1024-``classes``; each of ``flag_heads`` heads FC 512-1024-8 gives one
    logit per cube (paper, appendix: deep order head, shallow rotation heads); with
    ``rotation_head_depth`` 3 they are as deep as the order's, FC 512-1024-1024-8. 8,738,148
    parameters without flag heads (Jigsaw), 9,805,172 with two (Rubik's cube), 10,338,684 with three
    (Rubik's cube+). All widths follow ``base_channels``.

    Input ``(B, 8, H, W, D)`` holds the cubes as channels; all go through the encoder in one pass,
    so that batch norm is pooled over them. Output ``(B, classes + 8 * flag_heads)``: logits of the
    order, then of each flag head.
    """

    def __init__(
        self,
        classes: int = 100,
        flag_heads: int = 0,
        base_channels: int = 32,
        batch_norm: str = "running",
        rotation_head_depth: int = 2,
    ) -> None:
        super().__init__(base_channels, batch_norm)
        if rotation_head_depth not in HEADS:
            raise UserError(
                f"rotation_head_depth: {rotation_head_depth}, expected 2 or 3 layers of each head"
            )
        features = self.encoder.channels[-1]
        self.code = PatchCode(features, features // CUBES)
        self.order_head = OrderHead(features, 2 * features, classes)
        head = HEADS[rotation_head_depth]
        self.flag_heads = nn.ModuleList(
            head(features, 2 * features, CUBES) for _ in range(flag_heads)
        )
        for part in (self.code, self.order_head, self.flag_heads):
            initialise(part)

    def embed(self, x: Tensor) -> Tensor:
        """Codes of single cubes, ``(N, 1, H, W, D)`` to ``(N, features // 8)``."""
        return self.code(pool(self.encoder(x)[-1]))

    def forward(self, x: Tensor) -> Tensor:
        codes = self.embed_views(x)
        logits = [self.order_head(codes)]
        for head in self.flag_heads:
            logits.append(head(codes))
        return torch.cat(logits, dim=1)
