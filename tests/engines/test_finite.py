"""A run whose loss is no number ends in one line that names step and scans."""

import math
from types import SimpleNamespace

import pytest
import torch
from ignite.engine import Engine

from medssl.engines.finite import StopNonFinite, names_of
from medssl.errors import UserError, one_line
from tests.engines.test_checkpoint import build


def trainer(losses, scaler=None, device="cpu") -> Engine:
    """Runs through losses; the batch of step n is the scan ``scan<n>``."""

    def step(engine, batch):
        return {"loss": torch.tensor(losses[engine.state.iteration - 1], device=device)}

    engine = Engine(step)
    engine.scaler = scaler
    StopNonFinite().attach(engine)
    return engine


def batches(count):
    return [{"case": [f"scan{number}"]} for number in range(1, count + 1)]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_the_first_one_stops_the_run(value):
    engine = trainer([1.0, 2.0, value, 1.0])
    with pytest.raises(UserError, match=r"at step 3 \(epoch 1\) on scan3; nothing of it was saved"):
        engine.run(batches(4))
    assert engine.state.iteration == 3


def test_a_loss_scaler_may_overflow_twice_in_a_row():
    nan = math.nan
    trainer([nan, nan, 1.0, nan, nan, 1.0], SimpleNamespace()).run(batches(6))
    with pytest.raises(UserError, match="at step 4"):
        trainer([1.0, nan, nan, nan, 1.0], SimpleNamespace()).run(batches(5))


def test_large_losses_are_numbers():
    trainer([3e38, 1e-45, 0.0]).run(batches(3))


def test_names_are_few():
    assert names_of({"case": list("aabcdef")}) == ["a", "b", "c", "d", "2 more"]
    assert names_of({"image": 1}) == names_of([1]) == []


def test_nothing_is_saved_of_a_diverged_run(tmp_path):
    finite = build(tmp_path)
    finite.run()
    kept = {name: (tmp_path / name).read_bytes() for name in ("checkpoint.pt", "model.pt")}
    diverged = build(tmp_path)
    diverged.state.max_epochs = 8
    with torch.no_grad():
        next(diverged.network.parameters()).fill_(math.nan)
    (tmp_path / "checkpoint.pt").rename(tmp_path / "kept.pt")
    with pytest.raises(Exception) as caught:  # noqa: PT011
        diverged.run()
    assert one_line(caught.value).startswith("loss: nan at step 1")
    assert not (tmp_path / "checkpoint.pt").exists()
    assert (tmp_path / "model.pt").read_bytes() == kept["model.pt"]


def test_a_checkpoint_of_weights_that_are_no_numbers_is_refused(tmp_path):
    engine = build(tmp_path)
    engine.run()
    before = (tmp_path / "checkpoint.pt").read_bytes()
    (checkpoint,) = [
        handler[0].__self__
        for handlers in engine._event_handlers.values()
        for handler in handlers
        if type(getattr(handler[0], "__self__", None)).__name__ == "Checkpoint"
    ][:1]
    with torch.no_grad():
        next(engine.network.parameters())[0] = math.inf
    with pytest.raises(UserError, match=r"not saved after step 20: .* not finite"):
        checkpoint.save(engine)
    assert (tmp_path / "checkpoint.pt").read_bytes() == before
