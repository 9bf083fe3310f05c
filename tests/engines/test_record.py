"""What an inference says of itself beside its results."""

import hashlib
import json
import os

import pytest
import torch
from ignite.engine import Engine

from medssl.engines import AutocastInferer, SaveRecord
from medssl.engines.record import RECORD
from medssl.errors import UserError
from medssl.files import sha256_of
from medssl.store.lock import _held, lock_folder, release_folder


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
    release_folder(tmp_path / "out")
    assert not any((tmp_path / "out").iterdir())


def inference(folder, model, step):
    engine = Engine(step)
    engine.state.device, engine.inferer = torch.device("cpu"), AutocastInferer("off")
    SaveRecord(folder / "out", model).attach(engine)
    return engine


def test_the_record_is_of_the_weights_at_the_start_and_goes_when_results_are_replaced(tmp_path):
    one, other = tmp_path / "one.pt", tmp_path / "other.pt"
    for path in (one, other):
        torch.save({"weight": torch.full((3,), float(path == one))}, path)
    before = sha256_of(one)
    inference(tmp_path, one, lambda _, batch: one.write_bytes(other.read_bytes())).run([1])
    assert json.loads((tmp_path / "out" / RECORD).read_text())["sha256"] == before

    def breaks_off(_, batch):
        assert not (tmp_path / "out" / RECORD).exists()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        inference(tmp_path, other, breaks_off).run([1])
    assert not (tmp_path / "out" / RECORD).exists()
    inference(tmp_path, other, lambda _, batch: batch).run([1])
    assert [path.name for path in (tmp_path / "out").iterdir()] == [RECORD]


def test_what_other_weights_left_is_told_and_listed(tmp_path, capsys):
    """Until it is written anew, however often the second ones come."""
    out, models = tmp_path / "out", [tmp_path / name for name in ("one.pt", "other.pt")]
    for number, path in enumerate(models):
        torch.save({"weight": torch.full((3,), float(number))}, path)

    def earlier(model, *names):
        inference(tmp_path, model, lambda _, name: (out / name).write_text(str(model))).run(names)
        return json.loads((out / RECORD).read_text())["earlier"]

    one, other = models
    assert earlier(one, "a", "b") == earlier(one, "a") == []
    assert capsys.readouterr().err == ""
    for _ in range(2):
        assert earlier(other, "a") == ["b"]
        assert capsys.readouterr().err == f"{out}: of other weights than {other} are b\n"
    assert earlier(other, "b") == []
    (out / RECORD).write_text("{")
    assert earlier(other, "b") == ["a"]


def test_a_folder_that_another_inference_writes_to_is_refused(tmp_path):
    torch.save({}, tmp_path / "model.pt")
    refused = []

    def step(_, batch):
        refused.append(held_by_another(tmp_path / "out"))

    inference(tmp_path, tmp_path / "model.pt", step).run([1])
    assert refused == [True]
    assert not held_by_another(tmp_path / "out")


def held_by_another(folder):
    """Whether another process is refused."""
    pid = os.fork()
    if not pid:
        try:
            _held.clear()
            lock_folder(folder)
            os._exit(0)
        except UserError as error:
            os._exit("is being written by process" in str(error))
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 1


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
