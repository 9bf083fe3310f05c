"""Classes that no label map shows yet are left as the weights know them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ..classes import read_classes


class LeaveUnshown(nn.Module):
    """A loss that says nothing of some classes.

    A label map that does not mark a class calls it background; learning from it would unlearn the
    class. Of classes apart, those left are joined with the background before the loss, as in the
    marginal loss of Shi et al. (Medical Image Analysis 70, 2021); of regions, their channels learn
    nothing.

    Args:
        loss: of logits ``(B, C, X, Y, Z)`` and numbers ``(B, 1, X, Y, Z)``; takes any C where
            classes are apart.
        classes: label values of each class, see :mod:`medssl.classes`.
        left: indices of the classes that are left; not all of them.

    Raises:
        UserError: unusable classes.
    """

    numbers: Tensor

    def __init__(
        self, loss: nn.Module, classes: Sequence[Sequence[int]], left: Sequence[int] = ()
    ) -> None:
        super().__init__()
        scheme = read_classes(classes)
        count = len(scheme.groups)
        self.loss, self.left = loss, sorted(left)
        self.apart = scheme.out_channels > count
        self.learnt = [n for n in range(count) if n not in self.left]
        numbers = torch.zeros(len(scheme.parts) + 1)
        if self.apart:
            numbers[[n + 1 for n in self.learnt]] = torch.arange(1.0, len(self.learnt) + 1)
        self.register_buffer("numbers", numbers, persistent=False)

    def forward(self, logits: Tensor, label: Tensor) -> Tensor:
        """The loss of the other classes.

        Args:
            logits: ``(B, C, X, Y, Z)``.
            label: ``(B, 1, X, Y, Z)`` numbers of classes, of regions those of their parts.
        """
        if not self.left:
            return torch.as_tensor(self.loss(logits, label))
        if not self.apart:
            held = [logits[:, n] for n in range(logits.shape[1])]
            for n in self.left:
                held[n] = held[n].detach()
            return torch.as_tensor(self.loss(torch.stack(held, 1), label))
        none = logits[:, [0, *(n + 1 for n in self.left)]].logsumexp(1, keepdim=True)
        joined = torch.cat([none, logits[:, [n + 1 for n in self.learnt]]], 1)
        fewer = self.numbers.to(label.device)[label.long()].to(label.dtype)
        return torch.as_tensor(self.loss(joined, fewer))
