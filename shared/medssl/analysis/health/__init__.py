"""Diagnosis of pretraining runs."""

from .doctor import Diagnosis, diagnose
from .findings import Finding
from .held_out import HeldOut, measure

__all__ = ["Diagnosis", "Finding", "HeldOut", "diagnose", "measure"]
