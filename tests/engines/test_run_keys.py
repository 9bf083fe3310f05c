"""Scans of one run are of one kind, and its network has the channels that they need."""

import pytest

from medssl.engines.run_keys import (
    contract_of,
    network_keys,
    refuse_blind_validation,
)
from medssl.errors import UserError
from medssl.store.contract import ScanContract

from .test_running import Workflow

ONE = ScanContract().as_dict()
TWO = ScanContract(channels=("CT", "PET")).as_dict()


def test_scans_of_one_kind_have_one_contract():
    assert contract_of([{"scan": ONE}, {"image": "raw"}, {"scan": dict(ONE)}]) == ONE
    assert contract_of([{"image": "raw"}]) == contract_of([]) == {}
    with pytest.raises(UserError, match=r"data: scans of 2 kinds .*; prepare all of them alike"):
        contract_of([{"scan": ONE}, {"scan": {**ONE, "spacing": None}}])


def test_cases_of_one_class_choose_no_weights():
    one, other = ({"rows": [{"label": label}]} for label in "ab")
    refuse_blind_validation([one, other])
    with pytest.raises(UserError, match=r"validation: its 2 case\(s\) are all a, so no weights"):
        refuse_blind_validation([one, one])


def keys(config, contract):
    return Workflow(config).call(lambda: network_keys(contract))


def test_channels_are_counted_and_settings_taken_from_the_bundle():
    config = {"base_channels": 8, "batch_norm": "running", "skip": True, "window": [0, 1]}
    expected = {"stride": 8, "base_channels": 8, "batch_norm": "running", "skip": True}
    assert keys(config, ONE) == {**expected, "in_channels": 1}
    assert keys(config, {}) == expected
    assert keys({**config, "in_channels": 2}, TWO)["in_channels"] == 2


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"in_channels": 1}, r"in_channels: 1, the scans have 2 \(CT, PET\)"),
        ({"out_channels": 2}, r"out_channels: 2, classes \[\[1\]\] need 1"),
        ({"out_channels": 1, "classes": [[1], [2]]}, "need 3"),
    ],
)
def test_channels_that_do_not_fit_name_the_way_out(config, message):
    with pytest.raises(UserError, match=f"{message}.*leave --"):
        keys({"in_channels": 2, "base_channels": 2, **config}, TWO)


@pytest.mark.parametrize(
    ("classes", "needed"),
    [([[1]], 1), ([[1, 2]], 1), ([[1], [2]], 3), (["a", "b"], 2), ([0, 1, 2], 3)],
)
def test_background_is_a_channel_where_there_are_several_classes(classes, needed):
    config = {"classes": classes, "out_channels": needed, "base_channels": 2}
    assert keys(config, ONE)["out_channels"] == needed
