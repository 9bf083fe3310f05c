"""Cells by share of the labels, and the subjects that runs had."""

from math import isqrt

from medssl.study.tables import subsets
from medssl.study.tables.subsets import by_level, near, shares, subjects_of

from ..made_up import SUBJECTS, made_up

FRACTIONS = [0.05, 0.1, 0.25, 0.5, 1]


def test_each_share_has_all_starts_and_the_subjects_of_its_runs():
    store = made_up("labels")
    found = by_level(store, "ncs")
    assert list(found) == FRACTIONS
    assert {len(entries) for entries in found.values()} == {11}
    subjects = [subjects_of(store, entries) for entries in found.values()]
    assert subjects == [SUBJECTS * fraction for fraction in FRACTIONS]


def test_without_a_run_nobody_knows_the_subjects():
    store = made_up("labels", without=lambda run: run.keys.get("label_fraction") == 0.1)
    subjects = [subjects_of(store, entries) for entries in by_level(store, "ncs").values()]
    assert subjects == [1, None, 5, 10, 20]


def test_shares_come_in_their_own_order():
    block = {"start": ["scratch"], "task": ["ncs"], "label_fraction": [1, 0.05, 0.5]}
    store = made_up(labels=block)
    assert shares(store.plan, "labels") == list(by_level(store, "ncs")) == [0.05, 0.5, 1]
    assert shares(store.plan, "labels", scheme="frozen") == []


def test_of_two_that_are_as_far_the_smaller_is_meant(monkeypatch):
    """At every whole geometric mean, as the ranges of advice have it."""
    for low in range(1, 60):
        for high in range(low + 1, 200):
            middle = isqrt(low * high)
            if middle**2 == low * high:
                known = {0.1: float(low), 0.2: float(high)}
                monkeypatch.setattr(subsets, "mean_cases", lambda *_, known=known: known)
                assert list(near(None, {0.1: {}, 0.2: {}}, middle)) == [0.1]
                assert list(near(None, {0.1: {}, 0.2: {}}, middle + 1)) == [0.2]
