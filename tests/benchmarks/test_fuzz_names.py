"""Whether a line names what is damaged, and no more than that."""

import copy
import random
from pathlib import Path

import pytest

from fuzz.kind import Damaged
from fuzz.names import named
from fuzz.of_trees import change_tree

PLACES = (("train", "handlers", 0, "lr"),)
DAMAGED = Damaged(Path("/in/configs/train.json"), "another number", PLACES)


@pytest.mark.parametrize(
    "line",
    [
        "train.json: damaged",
        "/in/configs/train: damaged",
        "lr: -1, expected a number above 0",
        "Handler got an unexpected keyword argument 'lr'",
        "TypeError: odd (in train#handlers#0 of a config: Handler)",
        "TypeError: odd (in train#handlers of a config)",
    ],
)
def test_file_key_and_item_are_names(line):
    assert named(line, DAMAGED)


@pytest.mark.parametrize(
    "line",
    [
        "TypeError: 'int' object is not callable",
        "TypeError: odd (in train#trainer of a config: SupervisedTrainer)",
        "TypeError: odd (in train#handlers#1 of a config: Other)",
        "> bundle_root: /in/pretrain",
        "/data/lr/x.nii: odd",
        "retrain, or lrx",
    ],
)
def test_others_and_parts_of_words_are_not(line):
    assert not named(line, DAMAGED)


def test_a_whole_and_a_path_that_was_put_there_are_names():
    slice_ = Damaged(Path("004.dcm"), "empty")
    assert not named("1.2.3: slices are missing", slice_)
    assert named("1.2.3: slices are missing", slice_, ("1.2.3",))
    option = Damaged(Path("words.json"), "--data", (("data",),), "/nowhere")
    assert named("/nowhere: not there", option)
    assert not named("/nowhere/else: not there", option)


def test_the_places_of_a_change_are_those_that_differ():
    tree = {"a": {"b": 1, "c": [2, {"d": 3}]}, "e": "x"}
    for seed in range(300):
        what, changed, places = change_tree(random.Random(seed), tree, root=False)
        assert what
        left, before = changed, tree
        for place in places:
            left, before = _without(left, place), _without(before, place)
        assert left == before, (seed, what, places)


def _without(tree, place):
    """A copy without what lies at a place; of a list, without the list's content at all."""
    tree = copy.deepcopy(tree)
    node = tree
    for step in place[:-1]:
        node = node[step]
    if isinstance(node, list):
        node.clear()
    else:
        node.pop(place[-1], None)
    return tree
