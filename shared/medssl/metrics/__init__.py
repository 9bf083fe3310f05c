"""Metrics that MONAI and ignite lack."""

from .class_figures import CLASS_FIGURES, ClassProbabilityMetric, class_figures
from .class_intervals import class_intervals
from .classification import CLASSIFICATION_FIGURES, ClassificationMetric, classification_figure
from .contrastive import FIGURES, ContrastiveMetric, figure
from .froc import FROC, froc, froc_curve, match
from .matching import MatchingSkill
from .puzzle import PuzzleAccuracy
from .recognition import PuzzleSkill, RecognitionSkill
from .restoration import RestorationSkill
from .restoration_quality import RestorationQuality
from .roc import AUC, delong, delong_test
from .segmentation import OverlapHandler, SurfaceDistanceHandler, ThresholdIoUHandler

__all__ = [
    "AUC",
    "CLASSIFICATION_FIGURES",
    "CLASS_FIGURES",
    "FIGURES",
    "FROC",
    "ClassProbabilityMetric",
    "ClassificationMetric",
    "ContrastiveMetric",
    "MatchingSkill",
    "OverlapHandler",
    "PuzzleAccuracy",
    "PuzzleSkill",
    "RecognitionSkill",
    "RestorationQuality",
    "RestorationSkill",
    "SurfaceDistanceHandler",
    "ThresholdIoUHandler",
    "class_figures",
    "class_intervals",
    "classification_figure",
    "delong",
    "delong_test",
    "figure",
    "froc",
    "froc_curve",
    "match",
]
