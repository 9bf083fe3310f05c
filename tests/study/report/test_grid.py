"""From a frame to the places of a table: nothing is lost, rounded once, said when missing."""

import math

import pytest

from medssl.study.report.grid import grid_of, number

from .frames import frame, row, small


@pytest.fixture
def places():
    grid = grid_of(small())
    return {(title, column): e for title, es in grid.lines for column, e in zip(grid.columns, es)}


def test_rows_and_columns_keep_their_order_and_gaps_stay_empty(places):
    grid = grid_of(small())
    assert list(grid.columns) == ["ncs dice", "lcs dice"]
    assert [title for title, _ in grid.lines] == ["scratch", "mg", "jig", "rot"]
    assert places["rot", "lcs dice"] is None


def test_each_number_of_the_frame_is_there_as_it_is(places):
    for _, one in small().iterrows():
        entry = places[one["row"], one["column"]]
        shown = {
            **{"mean": entry.mean, "difference": entry.gap, "paper": entry.paper.value},
            **dict(zip(("low", "high"), entry.interval)),
            **dict(zip(("difference_low", "difference_high"), entry.gap_interval)),
        }
        for name, value in shown.items():
            assert (value is None and math.isnan(one[name])) or value.value == one[name], name
            if value is not None:
                assert float(value.text) == pytest.approx(one[name], abs=0.0005)


def test_what_is_missing_says_so_with_its_reason_beside_the_papers_figure(places):
    not_run, impossible = places["rot", "ncs dice"], places["jig", "lcs dice"]
    assert (not_run.missing, not_run.word, not_run.paper.value.text) == (True, "not run", "0.650")
    assert impossible.word == "not feasible: needs 9 positives, there are 2"
    assert impossible.kind == "not-feasible"
    assert impossible.mean is None


def test_runs_sizes_and_doubts_go_along(places):
    entry = places["jig", "ncs dice"]
    assert entry.keys == ["a", "b"]
    assert entry.sizes == "2 runs, 1 patient"
    assert entry.paper.doubt == "printed <twice>"
    assert grid_of(frame(row("mg", "rank", "", keys=None))).lines[0][1][0].keys == []
    assert places["scratch", "ncs dice"].paper.gap is None  # it is the baseline
    assert places["mg", "ncs dice"].paper.gap.text == "+0.080"


def test_what_was_tested_has_its_odds_beside_it():
    said = {"p_adjusted": 0.0123, "false_claim": 0.004}
    (line,) = grid_of(frame(row("mg", "ncs dice", "gain", 0.7, (0.2, 0.1), **said))).lines
    assert line[1][0].tested == "p after Holm 0.0123, false claim 0.004"
    (line,) = grid_of(frame(row("mg", "rank", ""))).lines
    assert line[1][0].tested == ""


def test_the_papers_figures_keep_all_their_digits():
    said = {"paper": 98.53 / 100, "paper_difference": 0.79 / 100}
    (entry,) = grid_of(frame(row("mg", "auc", "", 0.98534, **said))).lines[0][1]
    assert (entry.mean.text, entry.paper.value.text, entry.paper.gap.text) == (
        *("0.985", "0.9853", "+0.0079"),
    )
    points = frame(row("mg", "auc", "", paper_difference=3.25 / 100))
    assert grid_of(points).lines[0][1][0].paper.gap.text == "+0.0325"


def test_small_and_large_figures_keep_three_digits():
    (line,) = grid_of(frame(row("mg", "mse", "", 0.00531, (-0.00042, 0.0001)))).lines
    assert (line[1][0].mean.text, line[1][0].gap.text) == ("0.00531", "-0.00042")
    (line,) = grid_of(frame(row("mg", "distance", "", 12345.678))).lines
    assert line[1][0].mean.text == "1.23e+04"
    assert number(float("nan")) is None
    counts = row("mg", "steps", "", 17.0, low=None, high=None)
    (line,) = grid_of(frame(counts, row("mg", "rank", "", 10.0))).lines
    assert [entry.mean.text for entry in line[1]] == ["17", "10.000"]


def test_columns_say_where_lower_is_better():
    assert grid_of(frame(row("mg", "ncs hd95", ""))).columns == ["ncs hd95, lower is better"]
