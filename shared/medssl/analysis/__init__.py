"""Analyses of trained models, of runs and of the bundles themselves."""

from .batch_norm import recollect_model
from .control import run_control
from .estimate import TrainingEstimate, estimate
from .guessing import Control
from .health import Diagnosis, diagnose
from .methods import check_page, methods_page
from .probe import Features, Probe, compare, embed, probe
from .probe_task import probe_task
from .statistics import Estimate, cluster_bootstrap

__all__ = [
    "Control",
    "Diagnosis",
    "Estimate",
    "Features",
    "Probe",
    "TrainingEstimate",
    "check_page",
    "cluster_bootstrap",
    "compare",
    "diagnose",
    "embed",
    "estimate",
    "methods_page",
    "probe",
    "probe_task",
    "recollect_model",
    "run_control",
]
