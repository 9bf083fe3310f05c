"""Metrics that MONAI and ignite lack."""

from .contrastive import FIGURES, ContrastiveMetric, figure
from .puzzle import PuzzleAccuracy

__all__ = ["FIGURES", "ContrastiveMetric", "PuzzleAccuracy", "figure"]
