"""LIDC-IDRI: outlines of up to four radiologists become label maps."""

from .data_set import prepare_lidc

__all__ = ["prepare_lidc"]
