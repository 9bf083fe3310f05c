"""The shared network: encoder, decoder, U-Net and heads."""

from .blocks import BatchStatNorm3d, place
from .heads import EncoderClassifier, FeatureEncoder, SiameseProjection
from .unet import Decoder, Encoder, UNet3D

__all__ = [
    "BatchStatNorm3d",
    "Decoder",
    "Encoder",
    "EncoderClassifier",
    "FeatureEncoder",
    "SiameseProjection",
    "UNet3D",
    "place",
]
