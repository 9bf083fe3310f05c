"""What pictures show, read from matplotlib's own objects."""

import numpy as np
import pandas as pd
from matplotlib.colors import to_hex

from medssl.study.report.drawing import BANDS, COLOURS, MARKS, PLAIN, curves, differences
from medssl.study.tables import POINTS

from .frames import frame, row, small


def test_differences_stand_at_their_values_in_the_colour_of_what_is_said():
    figure = differences(small())
    left, right = figure.axes[:2]
    assert [axis.get_title() for axis in (left, right)] == ["ncs dice", "lcs dice"]
    intervals, paper = left.collections
    _, *points = left.lines  # behind that of no difference
    np.testing.assert_allclose([point.get_xdata()[0] for point in points], [0.2, -0.005])
    marks = [(to_hex(point.get_color()), point.get_marker()) for point in points]
    assert marks == [(COLOURS["gain"], MARKS["gain"]), (PLAIN, "o")]
    ends = [segment[:, 0].tolist() for segment in intervals.get_segments()]
    np.testing.assert_allclose(ends, [[0.15, 0.25], [-0.055, 0.045]])
    np.testing.assert_allclose(paper.get_offsets()[:, 0], [0.08, -0.01])
    # Each stands beside its own name.
    names = dict(
        zip(left.get_yticks(), (t.get_text() for t in left.get_yticklabels()), strict=True)
    )
    assert [names[height] for height in (point.get_ydata()[0] for point in points)] == ["mg", "jig"]
    loss = right.lines[1]
    assert (to_hex(loss.get_color()), loss.get_marker()) == (COLOURS["loss"], MARKS["loss"])


def test_a_gain_that_lies_below_0_is_marked_as_one():
    table = frame(row("mg", "ncs hd95, 4 subjects", "gain", 3.0, (-0.5, 0.1)))
    axis = differences(table).axes[0]
    assert axis.get_title() == "ncs hd95, 4 subjects, lower is better"
    point = axis.lines[1]
    assert (point.get_xdata()[0], point.get_marker()) == (-0.5, MARKS["gain"])


def test_marks_are_explained_where_they_are_and_nowhere_else():
    every = "difference from the baseline; 95 % interval; up: gain; down: loss; hollow: the paper's"
    assert differences(small()).get_supxlabel() == every
    bare = frame(row("mg", "auc", "", difference=0.1))
    assert differences(bare).get_supxlabel() == "difference from the baseline"


def test_bands_of_many_lines_would_hide_each_other():
    lines = [(str(n), "ncs", x, 0.1, 0.0, 0.2, "k") for n in range(BANDS + 1) for x in (1, 2)]
    few, many = (
        curves(pd.DataFrame(own, columns=list(POINTS))).axes[0] for own in (lines[2:], lines)
    )
    assert (len(few.collections), len(many.collections)) == (BANDS, 0)


def test_eleven_starts_have_eleven_colours():
    lines = [(str(n), "ncs", 1, 0.1 * n, None, None, "k") for n in range(11)]
    (axis,) = curves(pd.DataFrame(lines, columns=list(POINTS))).axes
    colours = [to_hex(line.get_color()) for line in axis.lines]
    assert (len(set(colours)), colours[0]) == (11, "#000000")


def test_whole_numbers_have_whole_ticks():
    for steps in ((16, 17), (2,)):
        lines = [("mg", "ncs", x, 0.1, None, None, "k") for x in steps]
        (axis,) = curves(pd.DataFrame(lines, columns=list(POINTS)), "training step").axes
        assert all(float(tick).is_integer() for tick in axis.get_xticks())


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
