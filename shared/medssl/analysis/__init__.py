"""Analyses of trained models."""

from .statistics import Estimate, cluster_bootstrap

__all__ = ["Estimate", "cluster_bootstrap"]
