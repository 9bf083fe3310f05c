"""The item of a config that an error arose in, whatever raised it."""

import pytest
from monai.bundle import ConfigParser

from medssl.config_items import item_of
from medssl.errors import chain


class Part:
    """Works with what it was given, later."""

    def __init__(self, given=None):
        self.given = given

    def work(self):
        return self.given.work() if isinstance(self.given, Part) else self.given()


def failing(config, key):
    with pytest.raises(Exception) as caught:  # noqa: PT011
        ConfigParser(config).get_parsed_content(key)
    return item_of(list(chain(caught.value)))


PART = f"{__name__}.Part"


@pytest.mark.parametrize(
    ("config", "item"),
    [
        ({"a": {"b": {"_target_": PART, "wrong": 1}}, "run": "@a#b"}, "a#b"),
        ({"a": {"_target_": "no.such.thing"}, "run": ["@a"]}, "a"),
        ({"a": "$1 / 0", "run": {"_target_": PART, "given": "@a"}}, "a"),
        ({"run": {"x": ["$1", "@nowhere"]}}, "run"),
        ({"a": {"_target_": PART}, "run": "$@a.given.work()"}, "run"),
        # what was made is at work when another item asks it to
        ({"a": {"_target_": PART, "given": 3}, "run": "$@a.work()"}, "a"),
        (
            {
                "a": {"_target_": PART, "given": 3},
                "b": {"_target_": PART, "given": "@a"},
                "c": "@a",
                "run": "$@b.work()",
            },
            "a",
        ),
    ],
)
def test_the_innermost_item_is_named(config, item):
    assert failing(config, "run") == item


def test_without_a_config_there_is_none():
    with pytest.raises(TypeError) as caught:
        Part(3).work()
    assert item_of(list(chain(caught.value))) == ""
