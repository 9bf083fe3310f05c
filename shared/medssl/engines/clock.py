"""Where a training step's time goes: to the network, or to waiting for data."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import torch
from ignite.engine import Engine, Events


@dataclass(frozen=True)
class StepTime:
    """Seconds of one step: ``wait_s`` the device stood still for want of a batch, then ``step_s``.

    Validation, checkpoints and other work between two steps are in neither.
    """

    wait_s: float
    step_s: float


@dataclass
class _Marks:
    """The host's and, on CUDA, the device's clock at the two ends of a step."""

    waited_s: float
    started_s: float
    ended_s: float = 0.0
    start: Any = None
    end: Any = None
    before: Any = None


class StepClock:
    """Time the steps of a trainer without making a GPU wait.

    A GPU works behind the host's back: while the host waits for a batch the device may still be
    busy with the steps before. So on CUDA both ends of a step are marked in the device's own
    stream, and a wait counts only as far as the device was idle between two steps.

    Args:
        device: of the training; anything but CUDA is timed on the host.
    """

    def __init__(self, device: torch.device | str = "cpu") -> None:
        self.cuda = torch.device(device).type == "cuda"
        self.fetching_s = 0.0
        self.waited_s = 0.0
        self.previous_end: Any = None
        self.marks: list[_Marks] = []

    def attach(self, engine: Engine) -> None:
        """Register with the trainer; do so before whatever calls :meth:`collect`."""
        engine.add_event_handler(Events.GET_BATCH_STARTED, self._fetch)
        engine.add_event_handler(Events.GET_BATCH_COMPLETED, self._fetched)
        engine.add_event_handler(Events.ITERATION_STARTED, self._start)
        engine.add_event_handler(Events.ITERATION_COMPLETED, self._end)

    def collect(self) -> list[StepTime]:
        """Times of the steps since the last call; on CUDA waits for the last of them."""
        if self.cuda and self.marks:
            self.marks[-1].end.synchronize()
        times = [self._time(marks) for marks in self.marks]
        self.marks.clear()
        return times

    def _event(self) -> Any:
        event = torch.cuda.Event(enable_timing=True)
        event.record()
        return event

    def _fetch(self) -> None:
        self.fetching_s = time.perf_counter()

    def _fetched(self) -> None:
        self.waited_s = time.perf_counter() - self.fetching_s

    def _start(self) -> None:
        marks = _Marks(self.waited_s, time.perf_counter())
        if self.cuda:
            marks.start, marks.before = self._event(), self.previous_end
        self.marks.append(marks)

    def _end(self) -> None:
        marks = self.marks[-1]
        marks.ended_s = time.perf_counter()
        if self.cuda:
            marks.end = self.previous_end = self._event()

    def _time(self, marks: _Marks) -> StepTime:
        if not self.cuda:
            return StepTime(marks.waited_s, marks.ended_s - marks.started_s)
        idle = marks.waited_s
        if marks.before is not None:
            idle = min(idle, marks.before.elapsed_time(marks.start) / 1000)
        return StepTime(idle, marks.start.elapsed_time(marks.end) / 1000)
