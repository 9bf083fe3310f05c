"""``medssl new-method``: a method of one's own, from a skeleton that trains."""

from .create import new_method

__all__ = ["new_method"]
