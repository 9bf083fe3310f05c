"""What lies on disk: stored volumes, manifest, data list, splits, tables of positions."""

from .case_table import check_names, table_classes
from .datalist import identify, load_datalist
from .labelled_cases import load_cases
from .listing import channels_here, class_names, classes_here, fold_here, intensity_here
from .open_volumes import open_volume
from .selection import select_label_fraction
from .volume_file import StoredVolume
from .writing import write_volume

__all__ = [
    "StoredVolume",
    "channels_here",
    "check_names",
    "class_names",
    "classes_here",
    "fold_here",
    "identify",
    "intensity_here",
    "load_cases",
    "load_datalist",
    "open_volume",
    "select_label_fraction",
    "table_classes",
    "write_volume",
]
