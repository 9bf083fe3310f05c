"""How scans come in: readers, resampling, pairing with labels, the public data sets.

What needs MONAI is imported where it is asked for: a preparation that is refused waits for none.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .any_folder import prepare_images
from .lidc import prepare_lidc
from .listed_sets import prepare_listed
from .liver import prepare_liver
from .luna16 import prepare_luna16
from .summary import describe_summary

if TYPE_CHECKING:
    from .load_scan import LoadScand
    from .raw_scans import RawScans, find_images
    from .respace import Respaced
    from .save_scan import SaveScand

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
_LATER = {
    "LoadScand": "load_scan",
    "RawScans": "raw_scans",
    "find_images": "raw_scans",
    "Respaced": "respace",
    "SaveScand": "save_scan",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_LATER[name]}", __name__), name)
