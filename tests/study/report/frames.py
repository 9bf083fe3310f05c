"""Frames of tables made up by hand."""

import pandas as pd

from medssl.study.tables import COLUMNS

GAP = ("difference", "difference_low", "difference_high")


def row(name, column, verdict, mean=0.5, gap=None, keys="a b", **more):
    """A line of a frame; ``gap`` is the difference and half the width of its interval."""
    found = {"row": name, "column": column, "verdict": verdict, "mean": mean, "keys": keys}
    if mean is not None:
        found |= {"low": mean - 0.01, "high": mean + 0.01, "seeds": 2, "patients": 1}
    if gap is not None:
        size, half = gap
        found |= dict(zip(GAP, (size, size - half, size + half), strict=True))
    return {**found, **more}


def frame(*rows):
    return pd.DataFrame(list(rows), columns=list(COLUMNS)).astype({"mean": float, "paper": float})


def small():
    """A gain, a loss, no evidence, something missing and a doubtful figure of the paper."""
    doubt = {"paper": 0.61, "paper_difference": -0.01, "doubt": "printed <twice>"}
    return frame(
        row("scratch", "ncs dice", "baseline", 0.51, paper=0.62, paper_difference=0.0, doubt=""),
        row("mg", "ncs dice", "gain", 0.71, (0.2, 0.05), paper=0.7, paper_difference=0.08),
        row("jig", "ncs dice", "no evidence of gain", 0.505, (-0.005, 0.05), **doubt),
        row("rot", "ncs dice", "not run", None, keys="", paper=0.65, paper_difference=0.03),
        row("scratch", "lcs dice", "baseline", 0.92),
        row("mg", "lcs dice", "loss", 0.9, (-0.02, 0.01)),
        row("jig", "lcs dice", "not feasible: needs 9 positives, there are 2", None, keys=""),
    )
