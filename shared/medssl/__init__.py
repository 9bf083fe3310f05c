"""medssl: self-supervised learning for 3D medical images as MONAI bundles."""

__version__ = "0.1.0"
