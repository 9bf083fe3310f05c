"""The clock tells work from waiting."""

import json
import time
from types import SimpleNamespace

import pytest
import torch
from ignite.engine import Engine, Events

from medssl.engines import StepClock, StepTime, TrainingLog, read_times, read_trace
from medssl.engines import clock as module
from medssl.engines.clock import _Marks


@pytest.fixture
def passing(monkeypatch):
    """Let seconds pass for the clock, which nothing else moves."""
    host = SimpleNamespace(now=0.0)
    monkeypatch.setattr(module, "time", SimpleNamespace(perf_counter=lambda: host.now))

    def wait(seconds: float) -> None:
        host.now += seconds

    return wait


class Slow:
    """Batches that take ``seconds`` each, by ``wait``."""

    def __init__(self, batches: int, seconds: float, wait=time.sleep) -> None:
        self.batches, self.seconds, self.wait = batches, seconds, wait

    def __len__(self) -> int:
        return self.batches

    def __iter__(self):
        for batch in range(self.batches):
            self.wait(self.seconds)
            yield batch


def train(clock: StepClock, fetch_s: float, work_s: float, wait) -> list[StepTime]:
    """Four steps, with something else between two of them that belongs to neither."""
    trainer = Engine(lambda engine, batch: wait(work_s))
    clock.attach(trainer)
    trainer.add_event_handler(Events.ITERATION_COMPLETED, lambda: wait(7.0))
    trainer.run(Slow(4, fetch_s, wait), max_epochs=1)
    return clock.collect()


@pytest.mark.parametrize(("fetch_s", "work_s"), [(4.0, 1.0), (1.0, 4.0)])
def test_waiting_and_working_are_told_apart(fetch_s, work_s, passing):
    assert train(StepClock(), fetch_s, work_s, passing) == [StepTime(fetch_s, work_s)] * 4


def test_times_are_handed_out_once(passing):
    clock = StepClock()
    assert len(train(clock, 0.0, 0.0, passing)) == 4
    assert clock.collect() == []


class Tick:
    """Stands for a CUDA event at a known moment of the device."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def elapsed_time(self, later: "Tick") -> float:
        return 1000 * (later.seconds - self.seconds)

    def synchronize(self) -> None:
        pass


@pytest.mark.parametrize(
    ("host_wait_s", "gap_s", "expected_s"),
    [
        (0.5, 0.0, 0.0),  # the host waited while the device was still busy
        (0.5, 0.2, 0.2),  # the device ran dry for the last part of the wait
        (0.1, 0.9, 0.1),  # the device stood still for a validation, not for data
    ],
)
def test_a_gpu_waits_only_while_it_is_idle(host_wait_s, gap_s, expected_s):
    clock = StepClock()
    clock.cuda = True
    start = Tick(1.0 + gap_s)
    clock.marks.append(
        _Marks(host_wait_s, 0.0, start=start, end=Tick(start.seconds + 0.3), before=Tick(1.0))
    )
    (took,) = clock.collect()
    assert took.wait_s == pytest.approx(expected_s)
    assert took.step_s == pytest.approx(0.3)


def test_the_trace_keeps_times_and_old_traces_stay_readable(tmp_path, passing):
    log = TrainingLog(tmp_path, every=3)
    trainer = Engine(lambda engine, batch: {"loss": torch.tensor(float(batch))})
    trainer.state.device = torch.device("cpu")
    log.attach(trainer)
    trainer.run(Slow(4, 0.5, passing), max_epochs=2)
    times = read_times(tmp_path / "trace.jsonl")
    assert list(times) == list(read_trace(tmp_path / "trace.jsonl")) == list(range(1, 9))
    assert list(times.values()) == [StepTime(0.5, 0.0)] * 8
    old = tmp_path / "old.jsonl"
    old.write_text(json.dumps({"iteration": 1, "epoch": 1, "loss": 2.0}) + "\n")
    assert read_trace(old) == {1: 2.0}
    assert read_times(old) == {}


@pytest.mark.gpu
def test_on_a_gpu_prefetched_batches_cost_nothing_and_late_ones_count():
    def busy(engine: Engine, batch: int) -> None:
        matrix = torch.rand(4096, 4096, device="cuda")
        for _ in range(20):
            matrix = torch.tanh(matrix @ matrix)

    shares = []
    for fetch_s in (0.0, 0.3):
        trainer, clock = Engine(busy), StepClock("cuda")
        clock.attach(trainer)
        trainer.run(Slow(8, fetch_s), max_epochs=1)
        times = clock.collect()[2:]
        waited = sum(took.wait_s for took in times)
        shares.append(waited / (waited + sum(took.step_s for took in times)))
    assert shares[0] < 0.2
    assert shares[1] > 0.5
