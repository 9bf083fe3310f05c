"""A legend speaks of what its table has, and of nothing else."""

from medssl.study.report.legend import LOW_RULE, RULE, legend_of

from .frames import frame, row, small


def test_claims_go_with_their_rule_and_doubts_with_their_grey():
    said = legend_of(small())
    assert said.endswith(RULE)
    for words in ("the mean;", "95 % interval", "the difference", "paper's", "grey", "a link"):
        assert words in said


def test_figures_that_rest_on_no_runs_have_neither_intervals_nor_runs():
    bare = {"low": None, "high": None, "seeds": None, "patients": None}
    assert legend_of(frame(row("ratio 0.1", "exact", "", keys="", **bare))) == ""


def test_what_is_described_has_no_rule():
    said = legend_of(frame(row("mg", "auc", "", gap=(0.1, 0.01))))
    assert RULE not in said
    assert "may be said" not in said
    assert "paper" not in said


def test_where_lower_is_better_the_rule_says_what_a_gain_is():
    assert legend_of(frame(row("mg", "ncs hd95", "gain", gap=(-0.1, 0.01)))).endswith(LOW_RULE)
    assert LOW_RULE not in legend_of(small())
    assert LOW_RULE not in legend_of(frame(row("mg", "pretext mse", "", gap=(-0.1, 0.01))))
