"""What a pretraining says of its crops."""

import json

import numpy as np

from medssl.crops import CropDataset
from medssl.engines import report_crops
from medssl.store import write_volume


def test_rules_and_acceptance_are_printed_and_kept(tmp_path, capsys):
    rng = np.random.default_rng(0)
    items = []
    for name, hu in (("lung", -850), ("second", -840), ("belly", 40)):
        array = rng.normal(hu, 5, (24, 20, 20)).astype(np.int16)
        write_volume(tmp_path / f"{name}.b2nd", array, np.eye(4))
        items.append({"image": str(tmp_path / f"{name}.b2nd"), "id": name})
    report_crops(CropDataset(items, (8, 8, 8)), tmp_path)
    assert "rule lung in 2, body in 1 of 3 scans" in capsys.readouterr().out
    found = json.loads((tmp_path / "crops.json").read_text())
    assert found["rules"] == {"lung": 2, "body": 1}
    assert found["accepted"] == {"lowest": 1.0, "mean": 1.0, "highest": 1.0}


def test_where_any_crop_will_do_all_are_accepted(tmp_path):
    items = [{"image": str(tmp_path / "a.b2nd")}]
    write_volume(tmp_path / "a.b2nd", np.zeros((9, 9, 9), np.int16), np.eye(4))
    report_crops(CropDataset(items, (8, 8, 8), crop_rule="any"), tmp_path)
    assert json.loads((tmp_path / "crops.json").read_text())["accepted"]["lowest"] == 1
