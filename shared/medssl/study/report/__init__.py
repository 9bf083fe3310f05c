"""The report of a study: one folder of pages, from the frames of its tables."""

from .write import REPORT, write_report

__all__ = ["REPORT", "write_report"]
