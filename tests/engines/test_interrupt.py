"""A signal ends a training after the step at hand; started again it ends as if there was none."""

import logging
import os
import signal

import pytest
import torch
from ignite.engine import Events

from medssl.engines import interrupt, read_trace
from medssl.engines.interrupt import is_stopped_after_steps, stopping_after_steps
from medssl.signals import ASKED_TO_END
from medssl.weights import load_torch
from tests.helpers import on_two_ranks

from .test_checkpoint import build, finish, same


@pytest.fixture(autouse=True)
def as_a_run_of_a_study(own_signals):
    former = [signal.getsignal(each) for each in ASKED_TO_END]
    with stopping_after_steps():
        yield
    assert not is_stopped_after_steps()
    assert [signal.getsignal(each) for each in ASKED_TO_END] == former


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """What a run that nobody stops leaves."""
    return finish(tmp_path_factory.mktemp("whole"))


def send(trainer, number, event):
    trainer.add_event_handler(event, lambda: os.kill(os.getpid(), number))
    with pytest.raises(SystemExit) as stopped:
        trainer.run()
    assert stopped.value.code == 128 + number


# Steps 1 to 5 are the first epoch; the fifth is saved once its validation is done.
@pytest.mark.parametrize("number", ASKED_TO_END)
@pytest.mark.parametrize(("at", "saved"), [(1, 1), (4, 4), (5, 5), (13, 13)])
def test_stopped_after_the_step_and_resumed(tmp_path, capsys, whole, number, at, saved):
    capsys.readouterr()
    send(build(tmp_path / "cut"), number, Events.ITERATION_STARTED(once=at))
    line = capsys.readouterr().out.splitlines()[-1]
    assert f"stopped at iteration {saved} ({signal.Signals(number).name})" in line
    assert load_torch(tmp_path / "cut" / "checkpoint.pt")["iteration"] == saved
    assert max(read_trace(tmp_path / "cut" / "trace.jsonl")) == saved
    assert all(map(same, finish(tmp_path / "cut"), whole))


def test_the_engines_report_no_stop(tmp_path):
    heard = []
    handler = logging.Handler(logging.ERROR)
    handler.emit = lambda record: heard.append(record.getMessage())
    logging.getLogger().addHandler(handler)
    try:
        with stopping_after_steps():
            send(build(tmp_path), signal.SIGTERM, Events.ITERATION_STARTED(once=1))
            logging.getLogger("ignite").error("anything else")
    finally:
        logging.getLogger().removeHandler(handler)
    assert heard == ["anything else"]


def test_a_signal_during_validation_waits_for_the_epochs_end(tmp_path, whole):
    trainer = build(tmp_path / "cut", workers=1)
    send(trainer, signal.SIGTERM, Events.EPOCH_COMPLETED(once=2))
    assert load_torch(tmp_path / "cut" / "checkpoint.pt")["iteration"] == 10
    assert all(map(same, finish(tmp_path / "cut"), whole))


def test_a_signal_after_the_last_step_changes_nothing(tmp_path):
    trainer = build(tmp_path)
    kill = Events.ITERATION_STARTED(once=20)
    trainer.add_event_handler(kill, lambda: os.kill(os.getpid(), signal.SIGTERM))
    trainer.run()
    assert load_torch(tmp_path / "checkpoint.pt")["iteration"] == 20


def test_a_second_ctrl_c_does_not_wait(tmp_path, monkeypatch):
    monkeypatch.setattr(interrupt, "IMPATIENT_S", 0.0)
    trainer = build(tmp_path)

    def twice():
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)

    trainer.add_event_handler(Events.ITERATION_STARTED(once=2), twice)
    former = {each: signal.getsignal(each) for each in ASKED_TO_END}
    with pytest.raises(KeyboardInterrupt):
        trainer.run()
    for each, handler in former.items():
        signal.signal(each, handler)


def test_elsewhere_a_signal_does_what_it_always_does(tmp_path, monkeypatch):
    monkeypatch.setattr(interrupt, "is_stopped_after_steps", lambda: False)
    trainer = build(tmp_path)
    trainer.add_event_handler(
        Events.ITERATION_STARTED(once=2), lambda: os.kill(os.getpid(), signal.SIGINT)
    )
    former = signal.signal(signal.SIGINT, signal.default_int_handler)  # a job of a shell ignores it
    with pytest.raises(KeyboardInterrupt):
        trainer.run()
    signal.signal(signal.SIGINT, former)


def test_a_signal_that_is_to_be_ignored_still_is(tmp_path):
    """As `trap` in a shell, and `nohup`, ask for."""
    former = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        trainer = build(tmp_path / "whole")
        once = Events.ITERATION_STARTED(once=1)
        trainer.add_event_handler(once, lambda: os.kill(os.getpid(), signal.SIGTERM))
        trainer.run()
        assert trainer.state.epoch == trainer.state.max_epochs
    finally:
        signal.signal(signal.SIGTERM, former)


def test_after_an_error_signals_are_heard_as_before(tmp_path):
    former = {each: signal.getsignal(each) for each in ASKED_TO_END}
    trainer = build(tmp_path)

    @trainer.on(Events.ITERATION_COMPLETED(once=2))
    def fail():
        raise RuntimeError("damaged")

    with pytest.raises(RuntimeError, match="damaged"), stopping_after_steps():
        trainer.run()
    assert {each: signal.getsignal(each) for each in ASKED_TO_END} == former


class Trainer:
    """The part of a trainer that the agreement needs."""

    def __init__(self, iteration):
        self.state = type("State", (), {"iteration": iteration, "epoch_length": 100})()
        self.stopped = 0

    def terminate(self):
        self.stopped = self.state.iteration


def _steps(rank):
    stop = interrupt.StopOnSignal("checkpoint.pt")
    stop._group = torch.distributed.new_group(backend="gloo")
    for iteration in range(1, 6):
        trainer = Trainer(iteration)
        if rank == 1 and iteration == 3:
            stop.received = 15
        stop._after_step(trainer)
        if trainer.stopped:
            break
    return torch.tensor([iteration, stop.received])


def test_all_ranks_stop_after_the_same_step(tmp_path):
    assert [found.tolist() for found in on_two_ranks(_steps, tmp_path)] == [[3, 15]] * 2
