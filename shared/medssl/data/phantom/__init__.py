"""A procedural chest CT with lung nodules, for trying everything out without patients' data."""

from .chest import ChestPhantom, make_chest_phantom
from .luna16 import write_luna16
from .nodules import Nodule
from .prepare import prepare_phantom

__all__ = ["ChestPhantom", "Nodule", "make_chest_phantom", "prepare_phantom", "write_luna16"]
