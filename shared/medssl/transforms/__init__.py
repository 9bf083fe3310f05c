"""Batched tensor operations that the pretext methods and the augmentations are made of."""

from .affine import AffineParams, apply_affine, draw_affine
from .augmentation import LEVELS, Augmentation
from .blur import draw_blur, gaussian_blur
from .class_maps import ClassNumbersd, LabelValuesd, Probabilitiesd
from .class_probabilities import ClassProbabilitiesd
from .flip import draw_flips, flip
from .intensity import BezierParams, draw_bezier, map_intensity
from .painting import PaintingParams, draw_painting, paint
from .permutations import puzzle_orders
from .puzzle import arrange_cubes, mask_cubes, permute_cubes
from .rotate import ROTATION_CLASSES, quarter_turns, rotate_cubes, unrotate_cubes
from .rows import SampleParams, apply_where
from .sharpness import SharpnessEqualiser, squared_widths
from .shuffle import local_shuffle

__all__ = [
    "LEVELS",
    "ROTATION_CLASSES",
    "AffineParams",
    "Augmentation",
    "BezierParams",
    "ClassNumbersd",
    "ClassProbabilitiesd",
    "LabelValuesd",
    "PaintingParams",
    "Probabilitiesd",
    "SampleParams",
    "SharpnessEqualiser",
    "apply_affine",
    "apply_where",
    "arrange_cubes",
    "draw_affine",
    "draw_bezier",
    "draw_blur",
    "draw_flips",
    "draw_painting",
    "flip",
    "gaussian_blur",
    "local_shuffle",
    "map_intensity",
    "mask_cubes",
    "paint",
    "permute_cubes",
    "puzzle_orders",
    "quarter_turns",
    "rotate_cubes",
    "squared_widths",
    "unrotate_cubes",
]
