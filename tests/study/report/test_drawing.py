"""What pictures show, read from matplotlib's own objects."""

import numpy as np
import pandas as pd
from matplotlib.colors import to_hex

from medssl.study.report.drawing import COLOURS, PLAIN, curves, differences
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
    assert curves(pd.DataFrame(columns=list(POINTS))) is None


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
