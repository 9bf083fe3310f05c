"""The hand-over of pretrained weights, proved before training starts."""

from .ancestry import Generation, ancestry
from .apply import load_pretrained, transfer
from .audit import audit, refuse_overlap, refuse_seen
from .audit_report import AuditReport
from .foreign import translate
from .report import PartReport, TransferReport
from .scans import network_of

__all__ = [
    "AuditReport",
    "Generation",
    "PartReport",
    "TransferReport",
    "ancestry",
    "audit",
    "load_pretrained",
    "network_of",
    "refuse_overlap",
    "refuse_seen",
    "transfer",
    "translate",
]
