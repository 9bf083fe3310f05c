"""Analyses of trained models, of runs and of the bundles themselves."""

from .control import Control, run_control
from .estimate import TrainingEstimate, estimate
from .health import Diagnosis, diagnose
from .methods import check_page, methods_page
from .statistics import Estimate, cluster_bootstrap

__all__ = [
    "Control",
    "Diagnosis",
    "Estimate",
    "TrainingEstimate",
    "check_page",
    "cluster_bootstrap",
    "diagnose",
    "estimate",
    "methods_page",
    "run_control",
]
