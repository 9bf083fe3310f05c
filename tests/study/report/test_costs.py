"""Minutes and devices of a study's runs."""

from medssl.study.report.costs import cost_parts
from medssl.study.store import collect

from ..results import write_results

MINUTES = 1.5  # of each run of tests/study/results.py


def test_hours_are_the_sum_of_the_runs_and_every_run_is_there(tmp_path):
    store = collect(write_results(tmp_path, left_out=("jig",)))
    said, (kinds, each) = cost_parts(store, {})
    count = len(store.runs)
    assert said[0].startswith(f"{count} of {len(store.plan.runs)} runs are done: ")
    assert f"{count * MINUTES / 60:.3g} hours on cpu" in said[0]
    assert "not measured here" in said[1]
    assert sum(int(row[3]) for row in kinds.rows) == count
    assert {row[4] for row in kinds.rows} == {"1.5 (1.5 to 1.5)"}
    assert [row[0] for row in each.rows] == list(store.runs["key"])
    assert {row[1:] for row in each.rows} == {("cpu", "5", "0.5", "1.5")}


def test_before_the_first_run_there_is_a_sentence_alone(tmp_path):
    store = collect(write_results(tmp_path, left_out=("scratch", "mg", "jig")))
    assert cost_parts(store, {}) == (["No run is done."], [])
