"""The shared network: encoder, decoder, U-Net and heads."""

from .blocks import BatchStatNorm3d, place
from .byol import BYOLNetwork
from .heads import EncoderClassifier, FeatureEncoder, SiameseProjection
from .pcrl import ControlledUNet3D, PCRLNetwork
from .puzzle import PuzzleNetwork
from .relative_patch import RelativePatchNetwork
from .target import target_of
from .tensorrt import has_tensorrt, with_tensorrt
from .unet import Decoder, Encoder, UNet3D

__all__ = [
    "BYOLNetwork",
    "BatchStatNorm3d",
    "ControlledUNet3D",
    "Decoder",
    "Encoder",
    "EncoderClassifier",
    "FeatureEncoder",
    "PCRLNetwork",
    "PuzzleNetwork",
    "RelativePatchNetwork",
    "SiameseProjection",
    "UNet3D",
    "has_tensorrt",
    "place",
    "target_of",
    "with_tensorrt",
]
