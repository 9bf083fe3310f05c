"""Words for the parts that are handed over."""

import pytest

from medssl.networks.parts import parts_asked


@pytest.mark.parametrize(
    ("asked", "parts"),
    [
        ("auto", ("encoder", "decoder")),
        ("shared", ("encoder", "decoder")),
        ("decoder", ("decoder",)),
        (["decoder", "encoder"], ("decoder", "encoder")),
        (("encoder",), ("encoder",)),
        *((asked, ()) for asked in ([], "head", ["encodr"], ["auto"], [["encoder"]], {}, None, 1)),
    ],
)
def test_parts_are_asked_for_by_name_or_all_together(asked, parts):
    assert parts_asked(asked) == parts
