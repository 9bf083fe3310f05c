"""Words that follow from a frame: each verdict counted and named once."""

import pandas as pd

from medssl.study.report.answers import beside_paper, counts, headline, left_out, sentences

from .frames import frame, row, small


def test_every_verdict_is_counted():
    assert counts(small()) == (
        "3 comparisons: 1 gain, 1 loss, 1 without evidence of gain; 1 not run; 1 not feasible."
    )
    none = frame(row("mg", "ncs dice", "not run", None, keys=""))
    assert counts(none) == "1 not run."


def test_what_figures_go_without_is_counted_and_told_once_for_each_reason():
    hole, cases = "without seed 2 (not run)", "without 1 case that not all rows have"
    found = frame(
        row("scratch", "ncs dice", "baseline"),
        row("mg", "ncs dice", "gain", 0.5, (0.2, 0.1), note=hole),
        row("mg", "lcs dice", "incomplete: 29 of 30 runs", note=hole),
        row("jig", "lcs dice", "failed: no space left", None, note=cases),
    )
    assert left_out(found) == {
        hole: "mg (in ncs dice and lcs dice)",
        cases: "jig (in lcs dice)",
    }
    assert counts(found).endswith(
        "; 1 failed; 1 incomplete; 3 figures without some seeds or cases, see there."
    )
    why = "not feasible: needs 9 positives, there are 2"
    assert left_out(small()) == {why: "jig (in lcs dice)"}  # "not run" says all by itself


def test_gains_and_losses_are_named_by_table():
    none = frame(row("mg", "c", "no evidence of gain", 0.5, (0.0, 0.1)))
    gain = frame(row("mg", "c", "gain", 0.5, (0.2, 0.1)))
    tables = {"Table 3": small(), "Table 4": none, "Table 5": gain}
    assert headline(tables) == (
        "Gains in Table 3 (1) and Table 5 (1); losses in Table 3 (1), in 5 comparisons."
    )
    assert headline({"Table 4": none}) == "No gains; no losses, in 1 comparison."
    undone = frame(row("mg", "c", "not run", None, keys=""), row("jig", "c", "", 0.5))
    assert headline({"Table 4": undone}) == "Nothing is compared yet."


def test_figures_without_a_test_are_not_called_comparisons():
    assert counts(frame(row("mg", "cka", ""), row("jig", "cka", ""))) == (
        "2 figures, described and not tested."
    )


def test_gains_and_losses_are_named_with_their_size():
    assert sentences(small()) == [
        "ncs dice: gain with mg (+0.200 [+0.150, +0.250], 2 runs, 1 patient); no evidence of gain "
        "with jig.",
        "lcs dice: loss with mg (-0.020 [-0.030, -0.010], 2 runs, 1 patient).",
    ]
    assert sentences(frame(row("mg", "cka", ""))) == []


def test_many_names_read_as_a_list():
    rows = [row(name, "c", "no evidence of gain", 0.5, (0.0, 0.1)) for name in ("a", "b", "c")]
    assert sentences(frame(*rows)) == ["c: no evidence of gain with a, b and c."]


def test_signs_are_compared_where_both_have_one():
    assert beside_paper(small()) == (
        "2 of 2 differences from the baseline have the sign of the paper's; by chance about half "
        "would."
    )
    assert beside_paper(small().assign(paper_difference=float("nan"))) == ""
    other = pd.concat([small()[:2], small()[2:3].assign(paper_difference=0.01)])
    assert beside_paper(other).startswith("1 of 2 differences from the baseline has the sign")


def test_where_lower_is_better_a_gain_has_its_minus_and_the_reason():
    (said,) = sentences(frame(row("mg", "ncs hd95", "gain", 3.0, (-0.5, 0.1))))
    assert said.startswith("ncs hd95, lower is better: gain with mg (-0.500 [-0.600, -0.400], ")
