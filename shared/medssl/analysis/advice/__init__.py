"""Advice: what to try, by which evidence, and how sure it is."""

from .advise import Advice, Line, advise

__all__ = ["Advice", "Line", "advise"]
