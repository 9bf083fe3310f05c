"""Re-estimated statistics of a bundle's model: what is refused ahead of any scan."""

import json
from pathlib import Path

import pytest

from medssl.analysis import recollect_model
from medssl.errors import UserError


def test_statistics_of_another_tasks_scans_are_refused(tmp_path):
    record = {"bundle": "x", "task": "marking", "scan": {"window": [0, 1]}}
    (tmp_path / "provenance.json").write_text(json.dumps(record))
    bundle = Path(__file__).parents[2] / "bundles" / "liver_ct_segmentation"
    with pytest.raises(UserError, match=r"weights of x \(marking\), this bundle is for another"):
        recollect_model(bundle, tmp_path, tmp_path / "model.pt", tmp_path / "new.pt")
