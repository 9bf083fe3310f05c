"""What a data set cuts out of the store: crops, pairs, patches, objects, labels, candidates."""

from .candidate_crops import CandidateCropDataset
from .candidate_cubes import CutCandidatesd
from .label_crops import LabelCropDataset, LabelledScans
from .object_crops import ObjectCropDataset
from .own_grid import OnOwnGridd
from .patches import PatchGrid
from .random_crops import CropDataset
from .region_crops import RegionCropDataset
from .region_cubes import CutRegionsd
from .window_rule import WindowRule

__all__ = [
    "CandidateCropDataset",
    "CropDataset",
    "CutCandidatesd",
    "CutRegionsd",
    "LabelCropDataset",
    "LabelledScans",
    "ObjectCropDataset",
    "OnOwnGridd",
    "PatchGrid",
    "RegionCropDataset",
    "WindowRule",
]
