"""Each case of a table has the patient of its scan, or is none of the split's."""

import json

import pytest

from medssl.analysis.owners import Owners
from medssl.errors import UserError

ITEMS = [{"id": "a", "patient": "ann"}, {"id": "b_1", "patient": "ben"}, {"id": "c"}]


def test_cases_are_scans_or_else_objects_of_them(tmp_path):
    owners = Owners.known(tmp_path, ITEMS)
    assert owners.of_cases(["c", "b_1"], tmp_path) == {"c": "c", "b_1": "ben"}
    assert owners.of_cases(["a_0", "b_1_2"], tmp_path) == {"a_0": "ann", "b_1_2": "ben"}


def test_a_case_that_is_none_is_named_and_none_beside_it(tmp_path):
    owners = Owners.known(tmp_path, ITEMS)
    for cases, strange in ((["a", "z"], "z"), (["a_0", "z_0"], "z_0")):
        with pytest.raises(UserError, match=rf"dice_raw\.csv: {strange} is no case of this split"):
            owners.of_cases(cases, tmp_path / "dice_raw.csv")


def test_a_scan_that_the_evaluation_has_not_seen_has_no_figure(tmp_path):
    (tmp_path / "metrics.json").write_text(json.dumps({"data": {"a": "", "z": ""}}))
    owners = Owners.known(tmp_path, ITEMS)
    assert owners.of("a", tmp_path) == "ann"
    with pytest.raises(
        UserError, match=r"dice_raw\.csv: c is of no scan that metrics\.json beside"
    ):
        owners.of("c", tmp_path / "dice_raw.csv")
