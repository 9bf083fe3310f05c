"""Experiments of one's own have a table, too, and those of the paper have theirs alone."""

import pytest

from medssl.study.tables import MADE
from medssl.study.tables.own import own_tables

from ..made_up import made_up, table

BLOCK = {"start": ["scratch", "mg"], "task": ["ncs"], "learning_rate": [0.01, 0.02]}


def level(run):
    return 0.5 + 0.1 * (run.start == "mg") * (run.keys["learning_rate"] / 0.01)


def test_each_level_is_a_column_with_its_own_baseline():
    store = made_up(my_lr=BLOCK, level=level)
    (own,) = own_tables(store.plan, MADE.values()).values()
    found = table(own.rows(store))
    assert own.title == "Experiment my_lr"
    gaps = [
        found.loc["mg", f"ncs dice, learning_rate {rate}"]["difference"] for rate in (0.01, 0.02)
    ]
    assert gaps == pytest.approx([0.1, 0.2])
    assert found.loc["mg", "ncs dice, learning_rate 0.01"]["p"] == pytest.approx(2 / 2**12)


def test_one_that_pretrains_alone_shows_skills():
    plan = {"start": ["mg", "jig"], "learning_rate": [0.01, 0.02]}
    store = made_up(my_skill=plan, figures=lambda run: {"skill": run.keys["learning_rate"]})
    (own,) = own_tables(store.plan, MADE.values()).values()
    found = table(own.rows(store))
    assert found.loc["mg", "skill at its pretext, learning_rate 0.02"]["mean"] == 0.02
    assert set(found["verdict"]) == {""}


def test_the_papers_experiments_have_no_second_table():
    names = ("table3", "fig4", "hard_easy", "fig6", "appendix_table2", "labels", "frozen")
    plan = made_up(*names, seeds=(0,), without=lambda run: True).plan
    assert own_tables(plan, MADE.values()) == {}
