"""A word means what its parameter's annotation says, or is refused by name."""

import pytest

from medssl.command_line.values import read
from medssl.errors import UserError

MANY = tuple[float, ...] | tuple[tuple[float, ...], ...]
TEXTS = ["2024_01", "a,b", "1.10", "a#b", "None", "true", "[1]", "{a:1}", "(" * 5000, "-1"]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("hint", [str, str | None])
def test_text_stays_text(hint, text):
    assert read("name", hint, text) == text


@pytest.mark.parametrize(
    ("hint", "text", "value"),
    [
        (int, "7", 7),
        (int | None, "None", None),
        (float, "1e-3", 1e-3),
        (float, "2", 2),
        (bool, "true", True),
        (bool, "False", False),
        (tuple[int, ...], "64,64,32", (64, 64, 32)),
        (tuple[int, ...], "[64,64,32]", (64, 64, 32)),
        (float | tuple[float, ...], "0.7", 0.7),
        (float | tuple[float, ...], "0.7,1", (0.7, 1)),
        (float | tuple[float, ...] | str, "native", "native"),
        (float | tuple[float, ...] | str, "1.10", 1.1),
        (MANY, "[[1,1,2],[1,1,1]]", ([1, 1, 2], [1, 1, 1])),
        (MANY, "1,1,2", (1, 1, 2)),
        (str | list[str], "['a','2024']", ["a", "2024"]),
        (str | list[str], "a,b", "a,b"),
    ],
)
def test_a_word_is_what_the_annotation_says(hint, text, value):
    found = read("name", hint, text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("hint", "text", "expected"),
    [
        (int, "1.5", "a whole number"),
        (int, "x", "a whole number"),
        (int, "True", "a whole number"),
        (int, "None", "a whole number"),
        (int | None, "", "a whole number"),
        (float, "1e400", "a number"),
        (float, "nan", "a number"),
        (float, "x", "a number"),
        (bool, "x", "no value, true or false"),
        (bool, "1", "no value, true or false"),
        (tuple[int, ...], "64,a", "whole numbers such as 64,64,32"),
        (tuple[int, ...], "64,1.5", "whole numbers such as 64,64,32"),
        (float | tuple[float, ...], "a", "a number or numbers such as"),
        (int, "(" * 5000, "a whole number"),
        (MANY, "[[1,1,2],[1,1,a]]", "numbers such as 0.5,0.25,0.25 or several such as"),
    ],
)
def test_another_type_is_named_with_what_was_expected(hint, text, expected):
    with pytest.raises(UserError) as caught:
        read("name", hint, text)
    assert str(caught.value).startswith(f"--name: {text}, expected {expected}")
