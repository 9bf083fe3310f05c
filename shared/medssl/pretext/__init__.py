"""Pretext methods, one module each."""

from .autoencoder import AutoencoderPretext
from .base import PretextTransform
from .jigsaw import JigsawPretext
from .models_genesis import ModelsGenesisPretext
from .pcrl import PCRLPretext, control_codes, told_inputs
from .relative_patch_location import RelativePatchPretext, relative_patch_cells
from .rotation import RotationPretext
from .rubiks_cube import RubiksCubePretext
from .rubiks_cube_plus import RubiksCubePlusPretext
from .simclr import SimCLRPretext

__all__ = [
    "AutoencoderPretext",
    "JigsawPretext",
    "ModelsGenesisPretext",
    "PCRLPretext",
    "PretextTransform",
    "RelativePatchPretext",
    "RotationPretext",
    "RubiksCubePlusPretext",
    "RubiksCubePretext",
    "SimCLRPretext",
    "control_codes",
    "relative_patch_cells",
    "told_inputs",
]
