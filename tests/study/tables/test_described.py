"""Whole runs' figures: means, spreads and differences counted by hand, and no tests."""

import pytest

from medssl.study.tables.cells import against, by_start, runs_of, select
from medssl.study.tables.described import scalars

from ..made_up import made_up, table

STORE = made_up("table3", figures=lambda run: {"speed": {"mg": 3.0, "jig": 4.0}.get(run.start, 2)})
ENTRIES = by_start(select(STORE.plan, "table3", "ncs"))


def test_figures_of_whole_runs_are_described_and_not_tested():
    found = table(scalars(STORE, "s", ENTRIES, "speed", against(ENTRIES)))
    mg = found.loc["mg", "s"]
    assert (mg["mean"], mg["sd"], mg["difference"], mg["seeds"]) == (3, 0, 1, 3)
    assert (mg["verdict"], found.loc["scratch", "s"]["verdict"]) == ("", "baseline")
    assert mg["keys"].split() == list(runs_of(ENTRIES["mg"]))
    assert "p" not in found
    assert set(table(scalars(STORE, "s", ENTRIES, "nothing"))["verdict"]) == {"not run"}


def test_whole_runs_are_compared_on_common_seeds_and_count_once():
    """Seed 2 finds 0.3 more in all starts alike, and jig lacks it."""

    def by_seed(run):
        return {"speed": 0.3 * (run.seed == 2)}

    def jig_2(run):
        return (run.name, run.start, run.seed) == ("ncs", "jig", 2)

    store = made_up("table3", figures=by_seed, without=jig_2)
    entries = by_start(select(store.plan, "table3", "ncs"))
    found = table(scalars(store, "s", entries, "speed", against(entries))).droplevel("column")
    assert found.loc["jig", "difference"] == pytest.approx(0, abs=1e-12)
    assert found.loc["jig", "note"] == "without seed 2 (not run)"
    shared = made_up("fig6", figures=lambda run: {"mse": 0.1}, seeds=(0, 1, 2))
    cells = by_start(select(shared.plan, "fig6", kind="pretrain"))
    assert len(cells["mg"]) == 3
    found = table(scalars(shared, "s", cells, "mse")).loc["mg", "s"]
    assert (found["seeds"], len(found["keys"].split())) == (1, 1)
