"""YAML is read as somebody reads it who does not know YAML, or refused."""

import math

import pytest

from medssl.errors import UserError
from medssl.yaml_text import read_yaml


def read(tmp_path, text):
    path = tmp_path / "a.yaml"
    path.write_text(text, encoding="utf-8")
    return read_yaml(path)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(("7", 7), ("-7", -7), ("1_000", 1000), ("0x10", 16), ("0.5", 0.5), ("1e-3", 0.001)),
        *(("1.e3", 1000.0), ("9007199254740993", 2**53 + 1), ("'010'", "010"), ("1.2.3", "1.2.3")),
        *(("true", True), ("null", None), ("[1, a]", [1, "a"]), ("$@a + 1", "$@a + 1")),
    ],
)
def test_values_are_what_they_look_like(tmp_path, text, value):
    found = read(tmp_path, f"a: {text}")["a"]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("text", ["010", "1:30", "1:30.5", ".inf", "-.inf", ".nan", "1e400"])
def test_numbers_that_look_otherwise_or_are_none_are_refused(tmp_path, text):
    with pytest.raises(UserError, match=r"a.yaml: no valid YAML .*; mend it"):
        read(tmp_path, f"a: {text}")


@pytest.mark.parametrize(
    "text",
    [
        *("a: 1\na: 2", "1: a", "a: 2026-01-01", "a: !!set {b}", "a: [", "a: !!bool maybe"),
        *("? !!str [a]\n: 1", "a: &a {b: *a}", "a: &a [*a]", f"a: {5000 * '1'}"),
    ],
)
def test_what_json_has_not_is_refused(tmp_path, text):
    with pytest.raises(UserError, match=r"a.yaml: no valid YAML"):
        read(tmp_path, text)


def test_an_alias_in_many_places_is_looked_at_once(tmp_path):
    """All places of this one are more than can be counted."""
    lines = [
        "a0: &a0 [1]",
        *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 40)),
    ]
    assert read(tmp_path, "\n".join(lines))["a0"] == [1]


def test_every_whole_number_of_plain_figures_is_itself(tmp_path):
    for digits in range(1, 40):
        number = math.factorial(digits) + 1
        assert read(tmp_path, f"a: {number}") == {"a": number}
