"""Shares of the patients, and scans that are large enough for a crop."""

import math
from pathlib import Path

import pytest

from medssl.errors import UserError
from medssl.store import select_label_fraction
from medssl.store.selection import large_enough


def test_label_fractions_are_nested_and_by_patient():
    items = [{"id": f"{p}/{k}", "patient": f"p{p}"} for p in range(11) for k in range(1 + p % 3)]
    for seed in range(5):
        previous = set()
        for fraction in (0.01, 0.1, 0.25, 0.5, 0.75, 1.0):
            kept = select_label_fraction(items, fraction, seed)
            patients = {item["patient"] for item in kept}
            assert len(patients) == math.ceil(fraction * 11)
            assert kept == [item for item in items if item["patient"] in patients]
            assert previous <= patients
            previous = patients
    firsts = {select_label_fraction(items, 0.01, seed)[0]["patient"] for seed in range(40)}
    assert len(firsts) > 5


def test_a_hundredth_of_a_hundred_is_one():
    """No rounding error adds a patient (0.07 * 100 is more than 7)."""
    items = [{"id": str(i), "patient": str(i)} for i in range(100)]
    for k in range(1, 101):
        assert len(select_label_fraction(items, k / 100)) == k


@pytest.mark.parametrize("fraction", [0, -0.1, 1.01, math.nan, "all", None])
def test_bad_label_fraction(fraction):
    with pytest.raises(UserError, match="label_fraction"):
        select_label_fraction([{"id": "a", "patient": "a"}], fraction)


def item(name, *shape):
    return {"id": name, "shape": list(shape)}


@pytest.mark.parametrize("size", [(4, 5, 6), (1, 1, 1)])
def test_a_scan_as_large_as_the_crop_is_large_enough(size, warned):
    items = [item("a", 4, 5, 6)]
    assert large_enough(items, size, Path("x")) == items
    assert not warned


def test_each_side_counts_and_those_left_out_are_named_once(warned):
    items = [item("a", 9, 9, 9), item("b", 3, 9, 9), item("c", 9, 9, 3)]
    assert large_enough(items, (4, 4, 4), Path("x")) == items[:1]
    (line,) = warned
    assert "b [3, 9, 9], c [9, 9, 3]" in line
    with pytest.raises(UserError, match=r"crop_size: .*, which is larger than every scan of x"):
        large_enough(items, (10, 4, 4), Path("x"))
