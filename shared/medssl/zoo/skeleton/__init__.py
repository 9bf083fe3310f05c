"""``medssl new-method``: a method of one's own, from a skeleton that trains."""

from .create import FIRST, Created, new_method

__all__ = ["FIRST", "Created", "new_method"]
