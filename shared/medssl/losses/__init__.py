"""Losses that MONAI lacks."""

from .balanced import BalancedCrossEntropy
from .byol import BYOLLoss
from .classes import ClassLoss
from .nt_xent import NTXentLoss, gather
from .pcrl import KeyQueue, PCRLLoss, info_nce
from .puzzle import PuzzleLoss
from .unshown import LeaveUnshown

__all__ = [
    "BYOLLoss",
    "BalancedCrossEntropy",
    "ClassLoss",
    "KeyQueue",
    "LeaveUnshown",
    "NTXentLoss",
    "PCRLLoss",
    "PuzzleLoss",
    "gather",
    "info_nce",
]
