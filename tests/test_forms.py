"""JSON of a form, and what is said of any other."""

import json

import pytest

from medssl.forms import NUMBER, TEXT_OR_NOTHING, code_in, misfit

FORM = {
    "name": str,
    "epoch": int,
    "by": TEXT_OR_NOTHING,
    "metrics": {str: {str: NUMBER}},
    "scans": [{"id": str, "shape": [int]}],
}
GOOD = {
    "name": "a",
    "epoch": 3,
    "by": None,
    "metrics": {"1": {"dice": 0.5, "count": 2, "none": float("nan")}},
    "scans": [{"id": "s", "shape": [1, 2, 3], "other": {}}, {}],
    "unknown": [1],
}


@pytest.mark.parametrize("content", [GOOD, {}, {"metrics": {}, "scans": []}])
def test_what_is_of_the_form(content):
    assert misfit(json.loads(json.dumps(content)), FORM) == ""


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": 3}, "name: 3, expected text"),
        ({"epoch": True}, "epoch: True, expected a whole number"),
        ({"epoch": 2.5}, "epoch: 2.5, expected a whole number"),
        ({"by": []}, "by: a list, expected text or null"),
        ({"metrics": [1]}, "metrics: a list, expected an object"),
        ({"metrics": {"1": {"dice": "x"}}}, "metrics.1.dice: 'x', expected a number"),
        ({"scans": {}}, "scans: an object, expected a list"),
        ({"scans": [{}, {"shape": [1, None]}]}, "scans[1].shape[1]: None, expected a whole number"),
    ],
)
def test_the_place_of_what_is_not_is_named(change, said):
    assert misfit({**GOOD, **change}, FORM) == said


@pytest.mark.parametrize("content", [None, 3, "x", [[]], True])
def test_what_is_no_object_at_all(content):
    assert misfit(content, FORM).startswith("it: ")
    assert misfit(content, {str: int}).startswith("it: ")


def test_long_texts_are_cut():
    assert len(misfit({"epoch": "x" * 1000}, FORM)) < 80


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ("$1", "it"),
        ({"a": {"b": [1, "%file.json::key"]}}, "it.a.b[1]"),
        ({"a": {"_target_": "os.system"}}, "it.a._target_"),
        ({"a": ["x$", "@a", " $1", 3, None, True, {}], "$": 1}, ""),
    ],
)
def test_what_a_parser_would_run_is_found(content, place):
    assert code_in(content, "it") == place


def test_code_is_found_however_deeply_it_lies():
    content = "$1"
    for _ in range(5000):
        content = [content]
    assert code_in(content).count("[0]") == 5000
