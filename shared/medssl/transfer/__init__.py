"""The hand-over of pretrained weights, proved before training starts."""

from .apply import load_pretrained, transfer
from .audit import AuditReport, audit, refuse_overlap
from .foreign import translate
from .report import PARTS, PartReport, TransferReport

__all__ = [
    "PARTS",
    "AuditReport",
    "PartReport",
    "TransferReport",
    "audit",
    "load_pretrained",
    "refuse_overlap",
    "transfer",
    "translate",
]
