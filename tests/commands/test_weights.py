"""Commands on weights hand on what was asked for; a leak is a failure."""

import json
from types import SimpleNamespace

import pytest
import torch

from medssl.analysis import Estimate, Probe
from medssl.analysis.probe import Score
from medssl.commands import Weights
from medssl.errors import UserError
from medssl.files import sha256_of
from medssl.networks import UNet3D


@pytest.mark.parametrize("overlaps", [[], ["a"]])
def test_an_overlap_is_a_failure(overlaps, asked):
    calls = asked("medssl.transfer.audit", SimpleNamespace(overlaps=overlaps))
    try:
        Weights().audit("bundle", "data", "validation")
        status = 0
    except SystemExit as end:
        status = end.code
    assert status == len(overlaps)
    wanted = {"source": "bundle", "dataset_dir": "data", "split": "validation"}
    assert calls[0].items() >= wanted.items()


def test_an_audit_looks_at_the_fold_and_the_weights_asked_for(asked):
    calls = asked("medssl.transfer.audit", SimpleNamespace(overlaps=[]))
    Weights().audit("bundle", "data", fold=2, transfer_from="target")
    assert calls[0].items() >= {"fold": 2, "transfer_from": "target", "split": "test"}.items()


def weights(folder, width, said):
    torch.save(UNet3D(base_channels=width).state_dict(), folder / "model.pt")
    if said is not None:
        listed = {"model.pt": sha256_of(folder / "model.pt")}
        record = {"network": {"base_channels": said}, "sha256": listed}
        (folder / "provenance.json").write_text(json.dumps(record))
    return str(folder / "model.pt")


@pytest.mark.parametrize(("said", "given"), [(3, None), (None, 3), (5, 3)])
def test_transfer_takes_the_width_that_is_given_or_else_known(said, given, tmp_path, capsys):
    Weights().transfer(weights(tmp_path, 3, said), base_channels=given)
    assert "encoder 56/56, decoder 48/48" in capsys.readouterr().out


def test_transfer_hands_on_parts_and_branch(asked, tmp_path):
    calls = asked("medssl.transfer.transfer", SimpleNamespace(summary=lambda: "done"))
    Weights().transfer(weights(tmp_path, 2, 2), None, "encoder", "target")
    assert (calls[0]["parts"], calls[0]["transfer_from"]) == ("encoder", "target")


@pytest.mark.parametrize(
    ("own", "said"),
    [
        *((own, f"'{own}' has an empty name") for own in (",", "", "study,", " ,study")),
        ("study,study", "study is there twice; name it once"),
        ("study,other,./study", r"\./study is study, which is there twice"),
    ],
)
def test_own_runs_have_names_and_are_named_once(own, said, tmp_path, monkeypatch):
    """An empty one would be the folder that one is in; one twice would count twice."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "study").mkdir()
    with pytest.raises(UserError, match=f"^--own: {said}"):
        Weights().advise("segmentation", 5, own=own)


def test_probe_leaves_its_scores_as_json(asked, tmp_path):
    asked("medssl.transfer.audit", "0 overlaps")
    scores = (Score("pretrained", "kNN, k 5", Estimate(0.7, 0.6, 0.8)),)
    asked("medssl.analysis.probe_task", Probe("w", (9, 4), (3, 2), scores))
    Weights().probe("w", "d", "b", json=str(tmp_path / "probe.json"))
    found = json.loads((tmp_path / "probe.json").read_text(encoding="utf-8"))
    auc = {"mean": 0.7, "low": 0.6, "high": 0.8}
    assert found["scores"] == [{"features": "pretrained", "classifier": "kNN, k 5", "auc": auc}]
    assert (found["crops"], found["patients"]) == ([9, 4], [3, 2])


def test_probe_and_recollect_take_keys_of_the_config(asked, capsys):
    audited = asked("medssl.transfer.audit", "0 overlaps")
    probed = asked("medssl.analysis.probe_task", "auc")
    shifted = asked("medssl.analysis.recollect_model", "shift")
    Weights().probe("w", "d", "b", "validation", "target", base_channels=4, fold=1)
    Weights().recollect_bn("c", "d", "m.pt", "o.pt", crop_size=[16] * 3)
    options = {"base_channels": 4, "fold": 1}
    assert list(probed[0].values()) == ["w", "d", "b", "validation", "target", options]
    assert list(audited[0].values()) == ["w", "d", "validation", "target", 1]
    assert list(shifted[0].values()) == ["c", "d", "m.pt", "o.pt", {"crop_size": [16] * 3}]
    assert capsys.readouterr().out == "0 overlaps\nauc\nshift\n"
