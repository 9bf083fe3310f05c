"""Dice and cross-entropy of classes that exclude each other, or of regions within each other."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F  # noqa: N812
from monai.losses import DiceLoss
from torch import Tensor, nn

from ..classes import read_classes


class ClassLoss(nn.Module):
    """Soft dice and cross-entropy, equally weighted; background is in the cross-entropy alone.

    Classes apart get a softmax, a class alone and regions a sigmoid each, as nnU-Net (Isensee et
    al. 2021) does it.

    Args:
        classes: label values of each class, see :mod:`medssl.classes`.
        batch: dice over all samples of a batch at once, so that one without a class does not
            count as missed; else sample by sample.

    Attributes:
        out_channels: that the network must have.

    Raises:
        UserError: unusable classes.
    """

    def __init__(self, classes: Sequence[Sequence[int]], batch: bool = True) -> None:
        super().__init__()
        scheme = read_classes(classes)
        self.out_channels = scheme.out_channels
        self.apart = scheme.out_channels > len(scheme.groups)
        options = {"batch": batch, "smooth_nr": 1e-5, "smooth_dr": 1e-5}
        # MONAI's DiceCELoss would take a softmax over regions.
        self.dice = DiceLoss(
            include_background=not self.apart,
            to_onehot_y=self.apart,
            softmax=self.apart,
            sigmoid=not self.apart,
            **options,
        )
        self.held = torch.zeros(len(scheme.parts) + 1, len(scheme.groups))
        for region, numbers in enumerate(scheme.members):
            self.held[list(numbers), region] = 1

    def forward(self, logits: Tensor, label: Tensor) -> Tensor:
        """The loss.

        Args:
            logits: ``(B, C, X, Y, Z)``.
            label: ``(B, 1, X, Y, Z)`` numbers of classes, of regions those of their parts.
        """
        numbers = label[:, 0].long()
        if self.apart:
            dice, cross = self.dice(logits, label), F.cross_entropy(logits, numbers)
        else:
            truth = self.held.to(logits)[numbers].movedim(-1, 1)
            dice = self.dice(logits, truth)
            cross = F.binary_cross_entropy_with_logits(logits, truth)
        total: Tensor = dice + cross
        return total
