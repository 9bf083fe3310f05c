"""From a network's output to class numbers and label values, for one class or several."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import torch
from monai.transforms import MapTransform
from monai.utils import convert_to_dst_type
from torch import Tensor

from ..classes import read_classes

_CHANNELLED = 4  # axes of one sample (C, X, Y, Z); a batch has one more


def _channel_axis(values: Tensor) -> int:
    return values.ndim - _CHANNELLED


class Probabilitiesd(MapTransform):
    """Logits ``(C, X, Y, Z)`` or ``(B, C, X, Y, Z)`` to probabilities of the same shape.

    One channel is one class against the rest (sigmoid); several are background and classes that
    exclude each other (softmax), or regions within each other (sigmoid).

    Args:
        keys: of logits.
        classes: label values of each class, needed for regions; None where classes are apart.
    """

    def __init__(
        self, keys: str | Sequence[str], classes: Sequence[Sequence[int]] | None = None
    ) -> None:
        super().__init__(keys)
        self.nested = classes is not None and read_classes(classes).nested

    def __call__(self, data: Mapping[Hashable, Any]) -> dict[Hashable, Any]:
        result = dict(data)
        for key in self.key_iterator(result):
            logits = result[key]
            axis = _channel_axis(logits)
            alone = self.nested or logits.shape[axis] == 1
            result[key] = torch.sigmoid(logits) if alone else torch.softmax(logits, dim=axis)
        return result


class ClassNumbersd(MapTransform):
    """Probabilities ``(C, X, Y, Z)`` or ``(B, C, X, Y, Z)`` to class numbers in one channel.

    One channel gives 1 from one half on and else 0, as MONAI does; of several the largest counts,
    the first being background. Regions within each other are painted from one half on, the largest
    first, so that the numbers are those of their parts.

    Args:
        keys: of probabilities.
        classes: label values of each class, needed for regions; None where classes are apart.
        options: ``allow_missing_keys``.
    """

    def __init__(
        self,
        keys: str | Sequence[str],
        classes: Sequence[Sequence[int]] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(keys, **options)
        scheme = None if classes is None else read_classes(classes)
        self.painted = scheme.painted if scheme and scheme.nested else ()

    def __call__(self, data: Mapping[Hashable, Any]) -> dict[Hashable, Any]:
        result = dict(data)
        for key in self.key_iterator(result):
            values = result[key]
            axis = _channel_axis(values)
            if self.painted:
                result[key] = self._paint(values, axis)
            elif values.shape[axis] == 1:
                result[key] = (values >= 0.5).to(values.dtype)
            else:
                result[key] = values.argmax(axis, keepdim=True).to(values.dtype)
        return result

    def _paint(self, values: Tensor, axis: int) -> Tensor:
        canvas = torch.zeros_like(values.narrow(axis, 0, 1))
        for channel, part in self.painted:
            canvas = canvas.masked_fill(values.narrow(axis, channel, 1) >= 0.5, part)
        return canvas


class LabelValuesd(MapTransform):
    """Class numbers to the label values of the data set, so that masks compare with its labels.

    Args:
        keys: of maps of class numbers, of any shape; 0 stays background.
        classes: the label values of each class; of several the first stands for the class, or, of
            regions, for their part.
    """

    def __init__(self, keys: str | Sequence[str], classes: Sequence[Sequence[int]]) -> None:
        super().__init__(keys)
        self.values = torch.tensor([0, *read_classes(classes).part_values])

    def __call__(self, data: Mapping[Hashable, Any]) -> dict[Hashable, Any]:
        result = dict(data)
        for key in self.key_iterator(result):
            numbers: Tensor = result[key]
            found = self.values.to(numbers.device)[torch.as_tensor(numbers).long()]
            result[key] = convert_to_dst_type(found, numbers)[0]
        return result
