"""Probes of frozen features: differences from the same network untrained."""

import pytest

from medssl.study.tables.probes import probe_columns

from ..made_up import made_up, table

FOUND = {f"{kind}, {how}": 0.5 for kind in ("pretrained", "untrained") for how in ("linear", "kNN")}


def figures(run):
    own = 0.01 * run.seed if run.start == "mg" else 0.0
    return FOUND | {"pretrained, linear": 0.7 + own, "untrained, linear": 0.6 + own}


def test_each_run_is_compared_with_its_own_untrained_network():
    found = table(probe_columns(made_up("frozen", figures=figures), "ncs"))
    mg = found.loc["mg", "ncs linear probe auc"]
    assert (mg["mean"], mg["difference"]) == pytest.approx((0.71, 0.1))
    assert mg["sd"] == pytest.approx(0.01)
    assert found.loc["mg", "ncs nearest neighbours auc"]["difference"] == 0


def test_starts_can_be_chosen_and_a_study_without_probes_has_no_columns():
    store = made_up("frozen", figures=figures)
    assert {row["row"] for row in probe_columns(store, "ncs", {"mg", "none"})} == {"mg"}
    assert probe_columns(made_up("table3"), "ncs") == []


def test_probes_that_were_not_run_say_so():
    store = made_up("frozen", without=lambda run: run.kind == "probe")
    assert {row["verdict"] for row in probe_columns(store, "ncs")} == {"not run"}
