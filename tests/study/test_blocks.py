"""A block of an experiment: what its lists stand for, and what nothing would come of."""

import pytest
import yaml

from medssl.errors import UserError
from medssl.study.blocks import check_block, levels
from medssl.study.bundle_keys import FREE
from medssl.study.catalogue import read_catalogue

from .studies import SMALL


@pytest.fixture(scope="module")
def catalogue():
    return read_catalogue(yaml.safe_load(SMALL), "study")


def test_lists_hold_levels_and_all_are_combined():
    block = {"start": ["mg"], "seeds": [1], "scheme": ["full", "warmup"], "fold": 2}
    assert levels(block) == [{"scheme": "full", "fold": 2}, {"scheme": "warmup", "fold": 2}]
    assert levels({"start": ["mg"]}) == [{}]
    assert levels({"transfer_parts": [["encoder"]]}) == [{"transfer_parts": ["encoder"]}]


TUNED = {"start": ["mg"], "task": ["ncs"]}


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ({"start": ["mgg"]}, "study: start: mgg: no such name .did you mean mg"),
        ({**TUNED, "task": ["nsc"]}, "study: task: nsc: no such name .did you mean ncs"),
        ({**TUNED, "measure": ["prob"]}, "study: measure: prob: .*did you mean probe"),
        ({"start": ["scratch"]}, "start: scratch: nothing to train; name a task"),
        ({"start": ["mg"], "measure": ["probe"]}, "probe: nothing to measure without a task; name"),
        ({**TUNED, "num_workers": [0, 2]}, "num_workers: changes no result, .*put it in common"),
        (
            {**TUNED, "transfer_parts": ["encoder", "decoder"]},
            r"transfer_parts: encoder: .* write \[\[encoder\]\] .* \[\[encoder, decoder\]\] for",
        ),
        ({**TUNED, "transfer_parts": "decoder"}, "transfer_parts: decoder: a level is a list of"),
        ({**TUNED, "device": "cpu"}, "device: changes no result, .*put it in common"),
    ],
)
def test_what_nothing_would_come_of_is_refused(catalogue, block, message):
    with pytest.raises(UserError, match=message) as caught:
        check_block(block, catalogue, "study")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("key", sorted(FREE))
def test_no_key_that_changes_no_result_is_a_factor(catalogue, key):
    with pytest.raises(UserError, match=f"study: {key}: changes no result"):
        check_block({**TUNED, key: [1, 2]}, catalogue, "study")
