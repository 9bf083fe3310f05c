"""From the logits of whole images to probabilities of classes that exclude each other."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import torch
from monai.transforms import MapTransform


class ClassProbabilitiesd(MapTransform):
    """Logits of one image or several to probabilities ``(N, K)`` (softmax).

    Args:
        keys: of logits ``(K,)``, ``(N * K,)`` or ``(N, K)``.
        classes: K.
    """

    def __init__(self, keys: str | Sequence[str], classes: int) -> None:
        super().__init__(keys)
        self.classes = classes

    def __call__(self, data: Mapping[Hashable, Any]) -> dict[Hashable, Any]:
        result = dict(data)
        for key in self.key_iterator(result):
            logits = torch.as_tensor(result[key]).as_subclass(torch.Tensor)
            result[key] = logits.reshape(-1, self.classes).softmax(1)
        return result
