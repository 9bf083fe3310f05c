"""Losses that MONAI lacks."""

from .balanced import BalancedCrossEntropy
from .byol import BYOLLoss
from .nt_xent import NTXentLoss, gather
from .pcrl import KeyQueue, PCRLLoss, info_nce
from .puzzle import PuzzleLoss

__all__ = [
    "BYOLLoss",
    "BalancedCrossEntropy",
    "KeyQueue",
    "NTXentLoss",
    "PCRLLoss",
    "PuzzleLoss",
    "gather",
    "info_nce",
]
