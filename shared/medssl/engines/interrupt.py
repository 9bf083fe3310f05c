"""A signal that asks a training to end does so after the step at hand, with a checkpoint."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from ignite.engine import Engine, Events
from torch import distributed

from ..ranks import is_main
from ..signals import IMPATIENT_S, SIGNALLED, heard
from .guard import is_bundle_command, without_reports
from .process_group import leave_process_group

_stopping = ContextVar("stopping", default=False)


@contextmanager
def stopping_after_steps() -> Iterator[None]:
    """Let a signal end trainings within as it ends ``python -m monai.bundle``: by one line.

    Whoever hears signals does so again afterwards, also where a training has ended by an error.
    """
    before, former = _stopping.set(True), {each: signal.getsignal(each) for each in heard()}
    try:
        with without_reports():
            yield
    finally:
        _stopping.reset(before)
        if threading.current_thread() is threading.main_thread():
            for each, handler in former.items():
                signal.signal(each, handler)


def is_stopped_after_steps() -> bool:
    """Whether trainings here are ``python -m monai.bundle ...``, or a study's."""
    return is_bundle_command() or _stopping.get()


class StopOnSignal:
    """End the trainer after the step at hand, all ranks after the same one, with status 128 + n.

    An epoch's last step counts as done when its validation and its schedules are. Whoever presses
    Ctrl-C twice does not wait. Only ``python -m monai.bundle`` and runs of a study are stopped so;
    elsewhere a signal does what it always does.

    Args:
        checkpoint: file that the trainer writes when it ends, for the message.

    Attributes:
        received: number of the signal; None without one.
    """

    def __init__(self, checkpoint: Path) -> None:
        self.checkpoint = checkpoint
        self.received: int | None = None
        self._since = 0.0
        self._process = os.getpid()
        self._former: dict[signal.Signals, Any] = {}
        self._group: Any = None

    def attach(self, engine: Engine) -> None:
        """Register with the trainer, after what writes the checkpoint."""
        if is_stopped_after_steps():
            engine.add_event_handler(Events.STARTED, self._listen)
            engine.add_event_handler(Events.ITERATION_COMPLETED, self._after_step)
            engine.add_event_handler(Events.EPOCH_STARTED, self._between_epochs)

    def _listen(self, engine: Engine) -> None:
        if distributed.is_available() and distributed.is_initialized():
            self._group = distributed.new_group(backend="gloo")  # a GPU need not wait for it
        if threading.current_thread() is threading.main_thread():
            self._process = os.getpid()
            self._former = {each: signal.signal(each, self._receive) for each in heard()}
        # Registered now, so that it comes after all others.
        engine.add_event_handler(Events.COMPLETED, self._leave)

    def _receive(self, number: int, _frame: FrameType | None) -> None:
        if os.getpid() != self._process:  # a loader's worker: the trainer decides
            if number == signal.SIGTERM:
                signal.signal(number, signal.SIG_DFL)
            return
        if self.received is None:
            self.received, self._since = number, time.monotonic()
        elif number == signal.SIGINT and time.monotonic() - self._since > IMPATIENT_S:
            raise KeyboardInterrupt

    def _after_step(self, engine: Engine) -> None:
        self._agree()
        if self.received is not None and engine.state.iteration % engine.state.epoch_length:
            engine.terminate()

    def _between_epochs(self, engine: Engine) -> None:
        self._agree()
        if self.received is not None:
            engine.terminate()

    def _agree(self) -> None:
        """Ranks hear of a signal at different times: the highest number counts for all."""
        if self._group is not None:
            number = torch.tensor(self.received or 0)
            distributed.all_reduce(number, distributed.ReduceOp.MAX, self._group)
            self.received = int(number) or None

    def _leave(self, engine: Engine) -> None:
        for each, former in self._former.items():
            signal.signal(each, former)
        done = engine.state.epoch >= engine.state.max_epochs
        if self.received is None or (done and not engine.should_terminate):
            return
        if is_main():
            name = signal.Signals(self.received).name
            print(
                f"{self.checkpoint}: stopped at iteration {engine.state.iteration} ({name}), "
                "the same command goes on from there"
            )
        if self._group is not None:
            leave_process_group()
        raise SystemExit(SIGNALLED + self.received)
