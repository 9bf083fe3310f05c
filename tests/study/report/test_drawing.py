"""What pictures show, read from matplotlib's own objects."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from medssl.study.report.drawing import (
    COLOURS,
    PLAIN,
    about_zero,
    by_column,
    curves,
    differences,
    from_zero_to_one,
    heat,
)
from medssl.study.tables import POINTS

from .frames import frame, row, small


def test_differences_stand_at_their_values_in_the_colour_of_what_is_said():
    figure = differences(small())
    left, right = figure.axes[:2]
    assert [axis.get_title() for axis in (left, right)] == ["ncs dice", "lcs dice"]
    intervals, points, paper = left.collections
    np.testing.assert_allclose(points.get_offsets()[:, 0], [0.2, -0.005])
    colours = [to_hex(colour) for colour in points.get_facecolors()]
    assert colours == [COLOURS["gain"], PLAIN]
    ends = [segment[:, 0].tolist() for segment in intervals.get_segments()]
    np.testing.assert_allclose(ends, [[0.15, 0.25], [-0.055, 0.045]])
    np.testing.assert_allclose(paper.get_offsets()[:, 0], [0.08, -0.01])
    # Each stands beside its own name.
    names = dict(
        zip(left.get_yticks(), (t.get_text() for t in left.get_yticklabels()), strict=True)
    )
    assert [names[height] for height in points.get_offsets()[:, 1]] == ["mg", "jig"]
    assert to_hex(right.collections[1].get_facecolors()[0]) == COLOURS["loss"]


def test_without_differences_there_is_no_picture():
    assert differences(frame(row("mg", "cka", ""))) is None
    assert heat(frame(row("mg", "cka", "not run", None)), "mean", by_column) is None
    assert curves(pd.DataFrame(columns=list(POINTS))) is None


def test_shades_are_within_bounds_and_keep_what_is_missing():
    values = np.array([[0.2, 3.0, np.nan], [0.4, -1.0, 7.0]])
    np.testing.assert_allclose(by_column(values), [[0, 1, np.nan], [1, 0, 0]])
    np.testing.assert_allclose(from_zero_to_one(values), [[0.2, 1, np.nan], [0.4, 0, 1]])
    np.testing.assert_allclose(
        about_zero(np.array([[0.0, -2.0], [1.0, np.nan]])), [[0.5, 0], [0.75, np.nan]]
    )
    assert (about_zero(np.zeros((1, 2))) == 0.5).all()


@pytest.mark.parametrize(("values", "shade"), [("mean", by_column), ("difference", about_zero)])
def test_a_heat_map_has_every_number_in_its_place(values, shade):
    table = small()
    axis = heat(table, values, shade).axes[0]
    columns = [label.get_text() for label in axis.get_xticklabels()]
    rows = [label.get_text() for label in axis.get_yticklabels()]
    shown = {
        (rows[round(t.get_position()[1])], columns[round(t.get_position()[0])]): t.get_text()
        for t in axis.texts
    }
    for _, one in table.iterrows():
        text = shown.pop((one["row"], one["column"]))
        assert text == ("-" if np.isnan(one[values]) else f"{one[values]:.3f}")
    assert set(shown.values()) == {"-"}
    if values == "difference":  # no difference is the middle of the colours
        shades = axis.images[0].get_array()
        assert shades[rows.index("mg"), 0] == pytest.approx(1.0)
        assert shades[rows.index("mg"), 1] == pytest.approx(0.45)


def test_curves_average_runs_and_have_bands_where_intervals_are_known():
    lines = [
        *(("mg", "ncs", x, y, y - 0.1, y + 0.1, "k") for x, y in ((1, 0.2), (2, 0.4))),
        *(("jig", "ncs", x, y, None, None, "k") for x, y in ((1, 0.1), (1, 0.3), (2, 0.5))),
    ]
    figure = curves(pd.DataFrame(lines, columns=list(POINTS)), "labels", "log")
    (axis,) = figure.axes
    assert (axis.get_xlabel(), axis.get_xscale()) == ("labels", "log")
    found = {line.get_label(): line.get_xydata().tolist() for line in axis.lines}
    assert found["mg"] == [[1, 0.2], [2, 0.4]]
    np.testing.assert_allclose(found["jig"], [[1, 0.2], [2, 0.5]])
    assert len(axis.collections) == 1
    assert {text.get_text() for text in figure.legends[0].get_texts()} == {"mg", "jig"}
