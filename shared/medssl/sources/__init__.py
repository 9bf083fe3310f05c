"""How scans come in: readers, resampling, pairing with labels, the public data sets."""

from .any_folder import prepare_images
from .lidc import prepare_lidc
from .listed_sets import prepare_listed
from .liver import prepare_liver
from .load_scan import LoadScand
from .luna16 import prepare_luna16
from .raw_scans import RawScans, find_images
from .respace import Respaced
from .save_scan import SaveScand
from .summary import describe_summary

__all__ = [
    "LoadScand",
    "RawScans",
    "Respaced",
    "SaveScand",
    "describe_summary",
    "find_images",
    "prepare_images",
    "prepare_lidc",
    "prepare_listed",
    "prepare_liver",
    "prepare_luna16",
]
