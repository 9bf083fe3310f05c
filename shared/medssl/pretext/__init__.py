"""Pretext methods, one module each."""

from .base import PretextTransform
from .models_genesis import ModelsGenesisPretext
from .rotation import RotationPretext
from .simclr import SimCLRPretext

__all__ = [
    "ModelsGenesisPretext",
    "PretextTransform",
    "RotationPretext",
    "SimCLRPretext",
]
