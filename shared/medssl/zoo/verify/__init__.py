"""``medssl verify``: what the model zoo's CI asks of a bundle, and what this project asks."""

from .report import CHECKS, QUICK, Result, run_checks, table
from .subject import Subject, opened

__all__ = ["CHECKS", "QUICK", "Result", "Subject", "opened", "run_checks", "table"]
