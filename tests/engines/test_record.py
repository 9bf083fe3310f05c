"""What an inference says of itself beside its results."""

import hashlib
import json

import pytest
import torch
from ignite.engine import Engine

from medssl.engines import AutocastInferer, SaveRecord
from medssl.engines.record import RECORD
from medssl.errors import UserError


@pytest.mark.parametrize("named", ["model.pt", "."])
def test_weights_device_and_precision_are_told(named, tmp_path):
    torch.save({"weight": torch.ones(3)}, tmp_path / "model.pt")
    engine = Engine(lambda _, batch: batch)
    engine.state.device, engine.inferer = torch.device("cpu"), AutocastInferer("bf16")
    SaveRecord(tmp_path / "out", tmp_path / named).attach(engine)
    engine.run([1])
    found = json.loads((tmp_path / "out" / RECORD).read_text())
    assert (found["device"], found["precision"]) == ("cpu", "bf16")
    weights = tmp_path / "model.pt"
    assert found["model"] == str(weights)
    assert found["sha256"] == hashlib.sha256(weights.read_bytes()).hexdigest()


def test_nothing_is_said_of_an_inference_that_failed(tmp_path):
    torch.save({}, tmp_path / "model.pt")

    def fail(_, batch):
        raise RuntimeError(batch)

    engine = Engine(fail)
    SaveRecord(tmp_path / "out", tmp_path / "model.pt").attach(engine)
    with pytest.raises(RuntimeError):
        engine.run([1])
    assert not any((tmp_path / "out").iterdir())


@pytest.mark.parametrize("made_anew", [False, True])
def test_results_that_were_taken_away_are_not_recorded(made_anew, tmp_path):
    torch.save({}, tmp_path / "model.pt")

    def infer(_, batch):
        if batch == 2:
            (tmp_path / "out").rename(tmp_path / "away")
            if made_anew:
                (tmp_path / "out").mkdir()

    engine = Engine(infer)
    SaveRecord(tmp_path / "out", tmp_path / "model.pt").attach(engine)
    with pytest.raises(UserError, match=r"out: gone, removed or moved away while"):
        engine.run([1, 2, 3])
    assert engine.state.iteration == 2
    assert not (tmp_path / "out" / RECORD).exists()
