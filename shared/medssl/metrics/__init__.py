"""Metrics that MONAI and ignite lack."""

from .contrastive import FIGURES, ContrastiveMetric, figure

__all__ = ["FIGURES", "ContrastiveMetric", "figure"]
