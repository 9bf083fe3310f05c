"""Entries of a data list that no preparation writes are named; those it writes pass."""

import copy
from pathlib import Path

import pytest

from medssl.errors import UserError
from medssl.store.items import check_items

LIST = Path("datalist.json")
ITEM = {
    **{"id": "a", "image": "volumes/a.b2nd", "patient": "p", "label": "labels/a.b2nd"},
    **{"shape": [8, 9, 10], "spacing_mm": [1.0, 1, 2.5], "native_spacing_mm": [0.5, 0.5, 2.0]},
    "affine": [[1.0, 0, 0, -4], [0, 1, 0, 5], [0, 0, 2.5, 1e3], [0, 0, 0, 1]],
    "label_values": [1, 2],
    "objects": [{"label": 1, "center": [1.5, 2, 3]}],
    "facts": {"case": "a", "channel": 0},
}


def named(name, **changes):
    return {**copy.deepcopy(ITEM), "id": name, **changes}


@pytest.mark.parametrize(
    "items", [[], [ITEM], [ITEM, named("b")], [{"id": "a", "image": "x", "patient": "p"}]]
)
def test_what_a_preparation_writes_passes(items):
    check_items(items, LIST)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        *[({key: value}, key) for key in ("id", "image", "patient") for value in (None, 3, [])],
        *[
            ({"shape": value}, "shape")
            for value in (3, [8, 9], [8, 9, 0], [8, 9, 1e3], [8, 9, "3"])
        ],
        *[({"shape": [8, 9, 10**30]}, "shape"), ({"shape": [[8]]}, "shape")],
        *[({"spacing_mm": [1, 1, value]}, "spacing_mm") for value in (0, -1, 1e308, None)],
        ({"spacing_mm": [1, 1, float("nan")]}, "spacing_mm"),
        ({"native_spacing_mm": [[], 1, 1]}, "native_spacing_mm"),
        ({"affine": [[1, 0, 0, 0]]}, "affine"),
        ({"affine": "text"}, "affine"),
        ({"label_values": ["1"]}, "label_values"),
        ({"label_values": 3}, "label_values"),
        ({"objects": [{}]}, "objects"),
        ({"objects": [{"label": 1, "center": [1, 2]}]}, "objects"),
        ({"facts": []}, "facts"),
    ],
)
def test_the_entry_and_its_fault_are_named(change, said):
    with pytest.raises(UserError, match=f"datalist.json: damaged .entry 1 .*{said}") as caught:
        check_items([ITEM, named("b", **change), named("c")], LIST)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("items", [[ITEM, 3], [ITEM, []], [ITEM, {"id": "b", "image": "x"}]])
def test_what_is_no_entry_at_all(items):
    with pytest.raises(UserError, match="entry 1 of its split: no "):
        check_items(items, LIST)
    with pytest.raises(UserError, match="expected lists"):
        check_items({"a": ITEM}, LIST)


def test_a_scan_that_is_there_twice_is_refused():
    with pytest.raises(UserError, match="b is there twice"):
        check_items([ITEM, named("b"), named("b")], LIST)
