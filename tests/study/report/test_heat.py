"""What shaded pictures show, read from matplotlib's own objects."""

import numpy as np
import pytest

from medssl.study.report.heat import about_zero, by_column, from_zero_to_one, heat, panels

from .frames import frame, row, small


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


def test_the_first_rank_is_as_light_as_the_highest_figure():
    rank = "mean rank in 3 tasks, 1 the best"
    places = [("mg", "auc", 0.9), ("jig", "auc", 0.5), ("mg", rank, 1.0), ("jig", rank, 2.0)]
    table = frame(*(row(start, column, "", mean) for start, column, mean in places))
    shades = heat(table, "mean", by_column).axes[0].images[0].get_array()
    assert shades.tolist() == [[1, 1], [0, 0]]


def test_the_shortest_distance_is_as_light_as_the_highest_figure():
    places = [("mg", "dice", 0.9), ("jig", "dice", 0.5), ("mg", "hd95", 2.0), ("jig", "hd95", 7.0)]
    table = frame(*(row(start, f"ncs {name}", "", mean) for start, name, mean in places))
    shades = heat(table, "mean", by_column).axes[0].images[0].get_array()
    assert shades.tolist() == [[1, 1], [0, 0]]


def test_a_fall_is_shaded_as_a_gain_where_lower_is_better():
    gaps = {"dice": 0.2, "hd95": -0.2}
    rows = [row("mg", f"{name}, r 0.1, N 5", "", 0.5, (gap, 0.01)) for name, gap in gaps.items()]
    high, low = panels(frame(*rows)).axes
    assert (high.get_title(), low.get_title()) == ("dice", "hd95, lower is better")
    assert [text.get_text() for axis in (high, low) for text in axis.texts] == ["+0.200", "-0.200"]
    assert [axis.images[0].get_array()[0, 0] for axis in (high, low)] == [1, 1]


def test_without_a_number_there_is_no_picture():
    nothing = frame(row("mg", "auc, r 0.1, N 5", "not run", None))
    assert heat(nothing, "mean", by_column) is None
    assert panels(nothing) is None


def test_figure_2_is_a_grid_of_methods_and_sizes_over_ratios():
    places = [
        (start, f"{name}, r {ratio}, N {number}", sign * (number + ratio) / 1000)
        for start in ("mg", "jig")
        for name, sign in (("sensitivity", 1), ("specificity", -1))
        for ratio in (0.025, 0.1)
        for number in (50, 100)
    ]
    rows = [row(start, column, "", 0.5, (gap, 0.01)) for start, column, gap in places]
    rows[0]["verdict"] = "gain"
    rows[1] |= {"verdict": "not feasible: too few", "difference": None, "mean": None}
    rows[2] |= {"verdict": "not run", "difference": None, "mean": None}
    rows.append(row("scratch", "sensitivity, r 0.025, N 50", "baseline"))
    rare, frequent = panels(frame(*rows)).axes
    assert (rare.get_title(), frequent.get_title()) == ("sensitivity", "specificity")
    across = [label.get_text() for label in rare.get_xticklabels()]
    down = [label.get_text() for label in rare.get_yticklabels()]
    assert across == ["r 0.025", "r 0.1"]
    assert down == ["mg, N 50", "mg, N 100", "jig, N 50", "jig, N 100"]
    for axis, name in ((rare, "sensitivity"), (frequent, "specificity")):
        shown = {
            (down[round(t.get_position()[1])], across[round(t.get_position()[0])]): t.get_text()
            for t in axis.texts
        }
        for one in rows[:-1]:
            figure, ratio, number = one["column"].split(", ")
            if figure == name:
                gap = one["difference"]
                mark = {"gain": "*", "not run": "-"}.get(
                    one["verdict"], "n/f" if gap is None else ""
                )
                text = mark if gap is None else f"{gap:+.3f}{mark}"
                assert shown.pop((f"{one['row']}, {number}", ratio)) == text
        assert shown == {}
    # One scale for both panels: the highest difference is its end, and 0 its middle.
    shades = np.ma.concatenate([axis.images[0].get_array() for axis in (rare, frequent)])
    assert (shades.min(), shades.max()) == pytest.approx((0, 1))
    assert rare.images[0].get_array()[3, 0] == pytest.approx(0.5 + 0.100025 / (2 * 0.1001))
