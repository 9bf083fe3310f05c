"""Frames as shaded places, each with its number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from ...analysis.evidence.verdict import GAIN, LOSS
from ...analysis.pictures import new_figure
from ...metrics.bootstrap import Values
from ..tables.frame import BASELINE, NOT_FEASIBLE, sign_of_column, with_direction

_DIVERGING, _PLAIN = "PiYG", "viridis"
_LUMINANCE = (0.21, 0.72, 0.07)
_ENDS = ((np.min, np.inf), (np.max, -np.inf))
Shade = Callable[[Values], Values]


def heat(frame: pd.DataFrame, values: str, shade: Shade) -> Any:
    """A heat map, rows down and columns across, each place with its number.

    Columns where lower is better are shaded the other way round, so that light is best in all.

    Args:
        frame: of a table.
        values: ``mean`` or ``difference``.
        shade: from the values to shades in [0, 1].

    Returns:
        A matplotlib figure; None where the frame has none of these values.
    """
    table = frame.pivot(index="row", columns="column", values=values).astype(float)
    table = table.reindex(index=frame["row"].unique(), columns=frame["column"].unique())
    if table.isna().all(axis=None):
        return None
    shape = table.shape
    figure, axes = new_figure(1, width=1.8 + 0.75 * shape[1], height=1.4 + 0.3 * shape[0])
    texts = table.map(lambda value: "-" if np.isnan(value) else f"{value:.3f}")
    upward = table.to_numpy() * [sign_of_column(column) for column in table.columns]
    _tiles(axes[0, 0], texts, shade(upward), _DIVERGING if shade is about_zero else _PLAIN)
    return figure


def panels(frame: pd.DataFrame) -> Any:
    """Differences as the paper's Figure 2 has them: a panel for each figure, its factors on axes.

    A column "sensitivity, r 0.05, N 5000" is in the panel "sensitivity" across at "r 0.05", down at
    the row and "N 5000". All panels have the same shades, turned where lower is better; gains and
    losses have a star, and what is not feasible is told from what is not run.

    Args:
        frame: of a table whose columns are named by a figure and two factors.

    Returns:
        A matplotlib figure; None where the frame has no difference.
    """
    own = frame[frame["verdict"] != BASELINE]
    if own["difference"].isna().all():
        return None
    named = (
        own["column"].str.split(", ", n=2, expand=True).set_axis(["panel", "x", "level"], axis=1)
    )
    places = own.assign(
        **named, y=own["row"] + ", " + named["level"], text=own.apply(_text, axis=1)
    )
    names, rows = list(dict.fromkeys(places["panel"])), list(dict.fromkeys(places["y"]))
    across = list(dict.fromkeys(places["x"]))
    width, height = 2.4 + 0.65 * len(across), 1.4 + 0.26 * len(rows)
    figure, axes = new_figure(len(names), width=width, height=height)
    most = float(np.nanmax(np.abs(places["difference"].astype(float)))) or 1.0
    for axis, name in zip(axes[0], names, strict=True):
        found = places[places["panel"] == name]
        texts, values = (
            found.pivot(index="y", columns="x", values=what).reindex(index=rows, columns=across)
            for what in ("text", "difference")
        )
        shades = 0.5 + sign_of_column(name) * values.to_numpy(float) / (2 * most)
        _tiles(axis, texts.fillna(""), shades, _DIVERGING)
        axis.set_title(with_direction(name), fontsize=9)
    figure.tight_layout()
    return figure


def _text(row: pd.Series) -> str:
    if np.isnan(row["difference"]):
        return "n/f" if str(row["verdict"]).startswith(NOT_FEASIBLE) else "-"
    return f"{row['difference']:+.3f}{'*' if row['verdict'] in (GAIN, LOSS) else ''}"


def _tiles(axis: Any, texts: pd.DataFrame, shades: Values, colours: str) -> None:
    """Shaded places with their texts, rows down and columns across."""
    masked = np.ma.masked_invalid(shades)
    image = axis.imshow(masked, cmap=colours, vmin=0, vmax=1, aspect="auto")
    for (row, column), text in np.ndenumerate(texts.to_numpy()):
        *rgb, opaque = image.cmap(masked[row, column])
        ink = "w" if opaque and np.dot(rgb, _LUMINANCE) < 0.5 else "k"
        axis.text(column, row, text, ha="center", va="center", fontsize=7, color=ink)
    axis.set_xticks(range(texts.shape[1]), texts.columns, rotation=35, ha="right", fontsize=8)
    axis.set_yticks(range(texts.shape[0]), texts.index, fontsize=8)


def about_zero(values: Values) -> Values:
    """No difference is the middle of the shades."""
    return 0.5 + values / (2 * (float(np.nanmax(np.abs(values))) or 1.0))


def by_column(values: Values) -> Values:
    """Each column from its lowest to its highest value."""
    low, high = (f(values, axis=0, initial=i, where=~np.isnan(values)) for f, i in _ENDS)
    return (values - low) / np.where(high > low, high - low, 1.0)


def from_zero_to_one(values: Values) -> Values:
    """The values themselves."""
    return np.clip(values, 0.0, 1.0)
