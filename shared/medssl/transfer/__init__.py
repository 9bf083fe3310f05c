"""The hand-over of pretrained weights, proved before training starts."""

from .apply import load_pretrained, transfer
from .foreign import translate
from .report import PARTS, PartReport, TransferReport

__all__ = ["PARTS", "PartReport", "TransferReport", "load_pretrained", "transfer", "translate"]
