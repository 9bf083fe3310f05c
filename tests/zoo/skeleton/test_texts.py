"""Texts under a new name, and lists that stay in order."""

import pytest

from medssl.errors import UserError
from medssl.zoo.skeleton.create import EXPORTS
from medssl.zoo.skeleton.texts import add_bundle, add_export, move_module, move_test

from .conftest import ROOT


@pytest.mark.parametrize("name", ["aardvark", "my_idea", "zebra"])
def test_lists_stay_in_order(name):
    before = (ROOT / EXPORTS).read_text()
    added = add_export(before, name)
    new = [line for line in added.splitlines() if line not in before.splitlines()]
    transform = f"{name.title().replace('_', '')}Pretext"
    assert new == [f"from .{name} import {transform}", f'    "{transform}",']
    imports = [line for line in added.splitlines() if line.startswith("from")]
    assert imports == sorted(imports)


def test_a_bundle_follows_the_one_it_is_made_from():
    listed = 'A = (\n    "one",\n)\nB = {\n    "two": 2,\n}\n'
    assert add_bundle(listed, "one", "new").splitlines()[1:3] == ['    "one",', '    "new",']
    assert add_bundle(listed, "two", "new").splitlines()[4:6] == ['    "two": 2,', '    "new": 2,']
    with pytest.raises(UserError, match="three: listed on 0 lines"):
        add_bundle(listed, "three", "new")


def test_a_module_s_imports_and_names_and_stream_are_those_of_its_new_place():
    module = (
        "from ...errors import UserError\nfrom ...pretext.base import PretextTransform\n"
        'from ...random import decisions\nclass PredictivePretext:\n    stream = "predictive"\n'
    )
    assert move_module(module, "my_idea", "predictive").splitlines() == [
        "from ..errors import UserError",
        "from ..random import decisions",
        "from .base import PretextTransform",
        "class MyIdeaPretext:",
        '    stream = "my_idea"',
    ]


def test_a_test_s_imports_are_sorted_again():
    test = (
        "from medssl.transforms import flip\n"
        "from medssl.zoo.skeleton.generative import GenerativePretext\n"
    )
    assert move_test(test, "my_idea", "generative") == (
        "from medssl.pretext import MyIdeaPretext\nfrom medssl.transforms import flip\n"
    )
