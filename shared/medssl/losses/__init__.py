"""Losses that MONAI lacks."""

from .byol import BYOLLoss
from .nt_xent import NTXentLoss, gather
from .pcrl import KeyQueue, PCRLLoss, info_nce
from .puzzle import PuzzleLoss

__all__ = [
    "BYOLLoss",
    "KeyQueue",
    "NTXentLoss",
    "PCRLLoss",
    "PuzzleLoss",
    "gather",
    "info_nce",
]
