"""Losses that MONAI lacks."""

from .nt_xent import NTXentLoss, gather

__all__ = ["NTXentLoss", "gather"]
