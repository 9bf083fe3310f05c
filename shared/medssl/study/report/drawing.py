"""Pictures of frames: differences with their intervals, curves."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

from ...analysis.evidence.verdict import GAIN, LOSS
from ...analysis.pictures import new_figure
from ..tables.frame import with_direction

# Told apart by the mark, too, and as colours in all kinds of colour vision: blue and vermilion.
COLOURS = {GAIN: "#0072b2", LOSS: "#d55e00"}
MARKS = {GAIN: "^", LOSS: "v"}
PLAIN, PAPER = "#4a5a6a", "#707070"
# Black for the first row, such as scratch, then matplotlib's for all kinds of colour vision.
_CYCLE = ("#000000", *mpl.color_sequences["petroff10"])
ACROSS = 3  # panels side by side
BANDS = 4  # of more lines they would hide each other
_MARKS = "osD^vP*X<>h"


def differences(frame: pd.DataFrame) -> Any:
    """Differences from the baseline with their intervals, a panel for each column.

    Triangles where more than "no evidence" is said; the paper's differences are hollow.

    Returns:
        A matplotlib figure; None where the frame has no difference.
    """
    known = frame.dropna(subset=["difference"])
    if known.empty:
        return None
    columns = list(dict.fromkeys(known["column"]))
    rows = [name for name in dict.fromkeys(frame["row"]) if name in set(known["row"])]
    figure, axes = _panels(len(columns), height=1.0 + 0.26 * len(rows))
    for axis, column in zip(axes, columns, strict=True):
        own = known[known["column"] == column]
        heights = len(rows) - np.array([rows.index(name) for name in own["row"]])
        axis.axvline(0, color="#bbbbbb", linewidth=1)
        colours = [COLOURS.get(word, PLAIN) for word in own["verdict"]]
        axis.hlines(heights, own["difference_low"], own["difference_high"], colours)
        for gap, height, word in zip(own["difference"], heights, own["verdict"], strict=True):
            colour, mark = COLOURS.get(word, PLAIN), MARKS.get(word, "o")
            axis.plot(gap, height, mark, color=colour, ms=5, zorder=3)
        axis.scatter(
            own["paper_difference"].astype(float),
            heights,
            facecolors="none",
            edgecolors=PAPER,
            s=36,
        )
        axis.set_yticks(range(len(rows), 0, -1), rows, fontsize=8)
        axis.set_ylim(0.4, len(rows) + 0.6)
        axis.set_title(with_direction(str(column)), fontsize=9)
        axis.tick_params(axis="x", labelsize=7)
        axis.locator_params(axis="x", nbins=5)
    figure.supxlabel(_key(known), fontsize=8)
    figure.tight_layout()
    return figure


def _key(known: pd.DataFrame) -> str:
    """What the marks say, of those that are there."""
    parts = {
        "95 % interval": known["difference_low"].notna().any(),
        "up: gain": (known["verdict"] == GAIN).any(),
        "down: loss": (known["verdict"] == LOSS).any(),
        "hollow: the paper's": known["paper_difference"].notna().any(),
    }
    there = (text for text, some in parts.items() if some)
    return "; ".join(["difference from the baseline", *there])


def curves(points: pd.DataFrame, along: str = "", scale: str = "linear") -> Any:
    """Points as curves, a panel for each column, a line for each row; bands if rows are few.

    Args:
        points: with the columns of :data:`~..tables.POINTS`; those of equal x (runs) are averaged.
        along: what x is.
        scale: of x, ``linear`` or ``log``.

    Returns:
        A matplotlib figure; None where there are no points.
    """
    known = points.dropna(subset=["x", "y"])
    if known.empty:
        return None
    columns, rows = list(dict.fromkeys(known["column"])), list(dict.fromkeys(known["row"]))
    figure, axes = _panels(len(columns), height=3.2)
    for axis, column in zip(axes, columns, strict=True):
        for place, row in enumerate(rows):
            own = known[(known["column"] == column) & (known["row"] == row)]
            line = own.groupby("x")[["y", "low", "high"]].mean(numeric_only=False).astype(float)
            if line.empty:
                continue
            colour, mark = _CYCLE[place % len(_CYCLE)], _MARKS[place % len(_MARKS)]
            dash = "-" if place < len(_CYCLE) else "--"
            axis.plot(line.index, line["y"], mark, ls=dash, ms=4, lw=1.2, label=row, color=colour)
            if len(rows) <= BANDS and line["low"].notna().all():
                axis.fill_between(line.index, line["low"], line["high"], color=colour, alpha=0.12)
        axis.set_title(with_direction(str(column)), fontsize=9)
        axis.set_xlabel(along, fontsize=8)
        axis.set_xscale(scale)
        if scale == "linear":  # steps, voxels, ranks: whole numbers
            axis.xaxis.set_major_locator(MaxNLocator(5, integer=True, min_n_ticks=1))
        if scale == "log":  # numbers as they are, where points are
            ticks = sorted(set(known.loc[known["column"] == column, "x"]))
            axis.set_xticks(ticks, [f"{tick:g}" for tick in ticks], minor=False)
            axis.minorticks_off()
        axis.tick_params(labelsize=7)
        axis.grid(alpha=0.3)
    drawn = (zip(*axis.get_legend_handles_labels(), strict=True) for axis in axes)
    handles = {text: line for pairs in drawn for line, text in pairs}
    figure.tight_layout(rect=(0, 0.03 + 0.05 * -(-len(handles) // 6), 1, 1))
    figure.legend(handles.values(), handles, loc="lower center", ncols=6, fontsize=8, frameon=False)
    return figure


def _panels(count: int, height: float) -> tuple[Any, list[Any]]:
    across = min(count, ACROSS)
    figure, axes = new_figure(across, -(-count // across), width=3.4, height=height)
    for axis in axes.flat[count:]:
        axis.set_visible(False)
    return figure, list(axes.flat[:count])
