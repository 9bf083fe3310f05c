"""Procedural scans of chest and abdomen, for trying everything out without patients' data."""

from .abdomen import AbdomenPhantom, make_abdomen_phantom
from .chest import ChestPhantom, make_chest_phantom
from .decathlon import write_decathlon
from .folders import prepare_phantom
from .luna16 import write_luna16
from .nnunet import write_nnunet
from .nodules import Nodule

__all__ = [
    "AbdomenPhantom",
    "ChestPhantom",
    "Nodule",
    "make_abdomen_phantom",
    "make_chest_phantom",
    "prepare_phantom",
    "write_decathlon",
    "write_luna16",
    "write_nnunet",
]
