"""A network without anything to learn: which voxels are above 325 HU."""

import torch
from torch import nn

WINDOW = [-1000, 1000]
HU = 325.0


class Threshold(nn.Module):
    """Logits that change their sign at 325 HU, for input windowed by ``WINDOW``.

    They rise gently, so that masks are not coarser than the grid that the network sees.
    """

    def __init__(self):
        super().__init__()
        self.register_buffer("level", torch.tensor((HU - WINDOW[0]) / (WINDOW[1] - WINDOW[0])))

    def forward(self, image):
        return (image - self.level) * 8
