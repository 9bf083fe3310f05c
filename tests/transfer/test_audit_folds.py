"""The audit looks at the fold that is tested, and every task bundle says which."""

import json
from pathlib import Path

import pytest

from medssl.errors import UserError
from medssl.store.contract import SCAN, ScanContract
from medssl.transfer import refuse_overlap

BUNDLES = Path(__file__).resolve().parents[2] / "bundles"


def item(name, sha):
    return {"id": name, "patient": name, "scan_sha256": sha, "image": f"{name}.b2nd"}


def test_the_test_scans_of_the_fold_are_compared(tmp_path):
    seen = {"training": [item("a", "11")], "validation": []}
    (tmp_path / "models").mkdir()
    record = {"run": {"data": seen}, "ancestors": []}
    (tmp_path / "models" / "provenance.json").write_text(json.dumps(record))
    for name, tested in (("datalist", "b"), ("datalist_fold0", "b"), ("datalist_fold1", "a")):
        listing = {
            SCAN: ScanContract().as_dict(),
            "test": [item(tested, {"a": "11", "b": "22"}[tested])],
        }
        (tmp_path / f"{name}.json").write_text(json.dumps(listing))
    weights = str(tmp_path)
    assert not refuse_overlap(weights, tmp_path).overlaps
    assert not refuse_overlap(weights, tmp_path, fold=0).overlaps
    with pytest.raises(UserError, match="overlap"):
        refuse_overlap(weights, tmp_path, fold=1)


@pytest.mark.parametrize("bundle", sorted(BUNDLES.glob("*_*")), ids=lambda path: path.name)
def test_bundles_take_their_lists_from_the_fold(bundle):
    """``evaluate.json`` tests on the fold of the training, where the folder has folds."""
    config = json.loads((bundle / "configs" / "train.json").read_text())
    assert config["fold"] is None
    for part in ("train", "validate"):
        assert config[part]["dataset"]["data"]["fold"] == "@fold"
    checks = [
        step["fold"]
        for step in config["run"]
        if isinstance(step, dict) and step["_target_"].endswith(".refuse_overlap")
    ]
    assert checks == [] if bundle.name.startswith("pretrain_") else checks == ["@fold"]
    overlay = json.loads((bundle / "configs" / "evaluate.json").read_text())
    assert overlay["validate#dataset#data#split"] == "@split"
    assert "validate#dataset#data" not in overlay
    assert overlay["fold"]["_target_"] == "medssl.store.fold_here"
    assert overlay["fold"]["fold"] == "$@trained['fold']"
