"""How scans come in: readers, resampling, pairing with labels, the public data sets."""

from .any_folder import prepare_images
from .lidc import prepare_lidc
from .liver import prepare_liver
from .luna16 import prepare_luna16
from .raw_scans import find_images, folder_of
from .respace import Respaced

__all__ = [
    "Respaced",
    "find_images",
    "folder_of",
    "prepare_images",
    "prepare_lidc",
    "prepare_liver",
    "prepare_luna16",
]
