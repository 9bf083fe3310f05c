"""Data: preparation, the volume store, data lists and crop readers."""

from .candidate_crops import CandidateCropDataset
from .crops import CropDataset
from .cut_candidates import CutCandidatesd
from .datalist import find_images, folder_of, identify, load_datalist, select_label_fraction
from .label_crops import LabelCropDataset, LabelledScans
from .lidc import prepare_lidc
from .liver import prepare_liver
from .luna16 import prepare_luna16
from .object_crops import ObjectCropDataset
from .patches import PatchGrid
from .prepare import prepare_images
from .respace import Respaced
from .store import StoredVolume, open_volume, write_volume

__all__ = [
    "CandidateCropDataset",
    "CropDataset",
    "CutCandidatesd",
    "LabelCropDataset",
    "LabelledScans",
    "ObjectCropDataset",
    "PatchGrid",
    "Respaced",
    "StoredVolume",
    "find_images",
    "folder_of",
    "identify",
    "load_datalist",
    "open_volume",
    "prepare_images",
    "prepare_lidc",
    "prepare_liver",
    "prepare_luna16",
    "select_label_fraction",
    "write_volume",
]
