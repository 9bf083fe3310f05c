"""A pretext task is judged with its heads, which are in the checkpoint alone."""

import json

import pytest
import torch
from ignite.engine import Engine
from torch import nn

from medssl.engines import LoadTrainingNetwork
from medssl.errors import UserError
from medssl.files import sha256_of
from medssl.weights import save_torch


def network(width=2, seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(1, width), nn.BatchNorm1d(width))


def start(folder, target):
    engine = Engine(lambda *_: None)
    LoadTrainingNetwork(folder, target).attach(engine)
    engine.run([0])


def test_the_whole_network_is_loaded_when_the_engine_starts(tmp_path):
    trained, fresh = network(seed=1), network(seed=2)
    save_torch(tmp_path / "checkpoint.pt", {"state": {"network": trained.state_dict()}})
    start(tmp_path, fresh)
    for name, value in trained.state_dict().items():
        assert torch.equal(fresh.state_dict()[name], value)


@pytest.mark.parametrize(
    ("kept", "told"), [(4, ""), (2, "as at step 4; model.pt beside it is of step 2")]
)
def test_that_the_model_is_of_another_step_is_said(tmp_path, capsys, kept, told):
    content = {"state": {"network": network().state_dict()}, "iteration": 4}
    save_torch(tmp_path / "checkpoint.pt", content)
    save_torch(tmp_path / "model.pt", network().state_dict())
    known = {"sha256": {"model.pt": sha256_of(tmp_path / "model.pt")}, "iteration": kept}
    (tmp_path / "provenance.json").write_text(json.dumps(known))
    start(tmp_path, network())
    said = capsys.readouterr().err
    assert told in said
    assert bool(said) == bool(told)


@pytest.mark.parametrize("width", [3, None])
def test_what_does_not_fit_or_is_not_there_is_one_line(width, tmp_path):
    if width is not None:
        state = {"state": {"network": network(width).state_dict()}}
        save_torch(tmp_path / "checkpoint.pt", state)
    with pytest.raises(UserError, match=r"checkpoint\.pt") as caught:
        start(tmp_path, network())
    assert "\n" not in str(caught.value)
