"""Digits and sizes as a reader sees them."""

import math

from medssl.study.tables.wording import counted, form_of, odds, sizes


def test_small_and_large_figures_keep_three_digits_and_the_rest_three_decimals():
    assert [format(x, form_of(x)) for x in (0.0, 0.00531, 0.5, 12.0, 12345.6)] == [
        *("0.000", "0.00531", "0.500", "12.000", "1.23e+04")
    ]


def test_one_is_one_run_and_seeds_with_several_runs_are_told_from_runs():
    nan = math.nan
    assert sizes(1, 2, 1) == "1 run, 2 patients"
    assert sizes(2, nan, 2) == "2 runs"
    assert sizes(1, 7, 3) == "3 runs of 1 seed, 7 patients"
    assert sizes(3, 12, 15) == "15 runs of 3 seeds, 12 patients"
    assert sizes(nan, nan) == ""
    assert counted(1.0, "seed") == "1 seed"


def test_odds_are_those_of_what_was_tested():
    assert odds(0.004882, 0.00012345) == "p after Holm 0.00488, false claim 0.000123"
    assert odds(1.0, math.nan) == "p after Holm 1"
    assert odds(math.nan, math.nan) == ""
