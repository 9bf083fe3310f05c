"""The main job from end to end, small enough for a laptop: ``medssl demo``."""

from .job import run_demo

__all__ = ["run_demo"]
