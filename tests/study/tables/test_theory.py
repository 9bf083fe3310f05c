"""The theorems' tables hold what the simulation says."""

import math

import pytest

from medssl.study.tables.theory import theorem1, theorem2

from ..made_up import made_up, table

STORE = made_up("fig2", seeds=(0,), without=lambda run: True)


def test_the_threshold_is_off_as_often_as_a_normal_variable_by_two_sd():
    found = table(theorem1(STORE)).xs("exact", level="column")["mean"]
    assert found.tolist() == pytest.approx([math.erfc(2 / math.sqrt(2))] * 6)


def test_errors_of_a_known_place():
    found = table(theorem2(STORE))["mean"]
    assert found["ratio 0.1, distance 2", "rare"] == pytest.approx(0.560, abs=5e-4)
    assert found["ratio 0.1, distance 2", "frequent"] == pytest.approx(0.0157, abs=5e-5)
    assert found["ratio 0.1, distance 2", "bound, rare"] == pytest.approx(
        math.sqrt(10) * math.exp(-0.5)
    )
