"""From a batch of stored crops to network inputs and targets, on the device."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..errors import UserError
from ..transforms import Augmentation, SharpnessEqualiser
from ..transforms.copy_kernels import rescale


def apply_window(hu: Tensor, window: Sequence[float]) -> Tensor:
    """Map Hounsfield units to float32 in [0, 1], clipped at the ends of ``window`` (HU)."""
    low, high = window
    if hu.device.type == "cpu" and hu.dtype == torch.int16:
        out = torch.empty(hu.shape, dtype=torch.float32)
        values = hu.contiguous().numpy().reshape(-1)
        rescale(values, out.numpy().reshape(-1), np.float32(low), np.float32(high - low))
        return out
    return hu.to(torch.float32, copy=True).sub_(low).div_(high - low).clamp_(0.0, 1.0)


class _WindowedBatch:
    """Shared first step: move the crops and window them.

    Raises:
        UserError: ``window`` is not an increasing pair.
    """

    def __init__(self, window: Sequence[float]) -> None:
        if len(window) != 2 or not window[0] < window[1]:
            raise UserError(f"window: expected [low, high] in HU, got {list(window)}")
        self.window = tuple(window)

    def images(self, batch: Mapping[str, Any], device: Any, non_blocking: bool) -> Tensor:
        return apply_window(batch["image"].to(device, non_blocking=non_blocking), self.window)


class PretextBatch(_WindowedBatch):
    """``prepare_batch`` of the pretraining bundles.

    Args:
        transform: pretext transform, called with images ``(B, C, H, W, D)`` in [0, 1] on the device
            and the sample seeds ``(B,)``; returns inputs and targets.
        window: HU range mapped to [0, 1].
        equaliser: brings the axes of each sample to one sharpness before that; needs the batch's
            ``pitch``.

    Raises:
        UserError: a batch that must be equalised does not say how its scans were resampled.
    """

    def __init__(
        self,
        transform: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]],
        window: Sequence[float],
        equaliser: SharpnessEqualiser | None = None,
    ) -> None:
        super().__init__(window)
        self.transform, self.equaliser = transform, equaliser

    def __call__(
        self, batch: Mapping[str, Any], device: Any, non_blocking: bool = False, **_: Any
    ) -> tuple[Tensor, Tensor]:
        with torch.no_grad():
            images = self.images(batch, device, non_blocking)
            if self.equaliser is not None:
                images = self.equaliser(images, _pitch(batch), batch["seed"])
            return self.transform(images, batch["seed"])


def _pitch(batch: Mapping[str, Any]) -> Tensor:
    if "pitch" not in batch:
        raise UserError(
            "equalise: the data list does not say native_spacing_mm and spacing_mm; run "
            "`medssl prepare` again, or pass --equalise False"
        )
    pitch: Tensor = batch["pitch"]
    return pitch


class ClassificationBatch(_WindowedBatch):
    """``prepare_batch`` of the classification tasks: windowed image, label as the data set has it.

    Args:
        window: HU range mapped to [0, 1].
        augment: moves the images; None for evaluation.
    """

    def __init__(self, window: Sequence[float], augment: Augmentation | None = None) -> None:
        super().__init__(window)
        self.augment = augment

    def __call__(
        self, batch: Mapping[str, Any], device: Any, non_blocking: bool = False, **_: Any
    ) -> tuple[Tensor, Tensor]:
        images = self.images(batch, device, non_blocking)
        labels = batch["label"].to(device, non_blocking=non_blocking)
        if self.augment is not None:
            with torch.no_grad():
                images = self.augment.images(images, self.augment.draw(batch["seed"].cpu()))
        return images, labels


class SegmentationBatch(_WindowedBatch):
    """``prepare_batch`` of the segmentation tasks: windowed image, float label, augmentation.

    Args:
        window: HU range mapped to [0, 1].
        augment: called with images, labels and seeds; None for evaluation.
    """

    def __init__(
        self,
        window: Sequence[float],
        augment: Callable[[Tensor, Tensor, Tensor], tuple[Tensor, Tensor]] | None = None,
    ) -> None:
        super().__init__(window)
        self.augment = augment

    def __call__(
        self, batch: Mapping[str, Any], device: Any, non_blocking: bool = False, **_: Any
    ) -> tuple[Tensor, Tensor]:
        images = self.images(batch, device, non_blocking)
        labels = batch["label"].to(device, non_blocking=non_blocking).float()
        if self.augment is None:
            return images, labels
        with torch.no_grad():
            return self.augment(images, labels, batch["seed"])
