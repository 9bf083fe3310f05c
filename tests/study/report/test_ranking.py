"""Ranks of starts over tasks, from a study whose results are known."""

from dataclasses import replace

import pytest

from medssl.study.report.ranking import ranks_of
from medssl.study.runs import FINETUNE
from medssl.study.store import collect

from ..results import write_results


def two_tasks(store):
    """The store with its one task twice, under two names."""
    cells = store.plan.cells
    again = [replace(c, task="other") for c in cells if c.kind == FINETUNE]
    tasks = {**store.plan.tasks, "other": store.plan.tasks["ncs"]}
    return replace(store, plan=replace(store.plan, cells=(*cells, *again), tasks=tasks))


def test_the_start_with_the_known_gain_is_first_and_nothing_is_tested_on_two_tasks(tmp_path):
    found = ranks_of(two_tasks(collect(write_results(tmp_path))), "table3")
    assert set(found.ranks) == {"scratch", "mg", "jig"}
    assert found.ranks["mg"].mean == 1
    assert sum(rank.mean for rank in found.ranks.values()) == pytest.approx(1 + 2 + 3)
    assert (found.blocks, found.p, found.pairs) == (2, None, {})


def test_one_task_or_starts_that_are_missing_give_no_ranks(tmp_path):
    assert ranks_of(collect(write_results(tmp_path / "one")), "table3") is None
    some = collect(write_results(tmp_path / "some", left_out=("jig",)))
    assert ranks_of(two_tasks(some), "table3") is None
