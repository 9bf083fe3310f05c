"""The training log: a loss trace on disk and a progress bar on screen."""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

import torch
from ignite.engine import Engine, Events
from torch import Tensor

from ..bars import progress_bar
from ..errors import UserError
from ..files import make_folder, parse_json, write_atomically, writing
from ..ranks import is_main
from ..store.lock import refuse_gone
from .clock import StepClock, StepTime
from .finite import StopNonFinite
from .stopped import note_stop

TRACE = "trace.jsonl"


def read_entries(path: str | Path) -> list[dict[str, Any]]:
    """Everything a trace holds, in the order of writing: steps and validations.

    A last line that a full disk or a crash has torn is passed over.

    Raises:
        UserError: another line is damaged.
    """
    return _read(Path(path))[0]


def mend_trace(path: str | Path) -> None:
    """Cut a torn last line off, so that what is appended starts a line of its own.

    A trace that is a link, or that other folders share, as copies made of links do, becomes a file
    of its own.

    Raises:
        UserError: another line is damaged.
    """
    path = Path(path)
    _, whole = _read(path)
    if whole < path.stat().st_size or path.is_symlink() or path.stat().st_nlink > 1:
        content = path.read_bytes()[:whole]
        write_atomically(path, lambda temporary: temporary.write_bytes(content))


def _read(path: Path) -> tuple[list[dict[str, Any]], int]:
    """The entries and the number of bytes that hold them."""
    entries: list[dict[str, Any]] = []
    whole, lines = 0, path.read_bytes().splitlines(keepends=True)
    for number, line in enumerate(lines, 1):
        entry = _parse(line)
        if entry is not None:
            entries.append(entry)
            whole += len(line)
        elif number < len(lines):
            raise UserError(
                f"{path}: line {number} is damaged; put the file back as it was, or delete its "
                "folder to train again"
            )
    return entries, whole


def _parse(line: bytes) -> dict[str, Any] | None:
    """A whole entry; None for anything else."""
    try:
        entry = parse_json(line) if line.endswith(b"\n") else None
    except ValueError:
        return None
    if not isinstance(entry, dict) or not isinstance(entry.get("epoch"), int):
        return None
    return entry if _is_step(entry) or _is_validation(entry) else None


def _is_step(entry: dict[str, Any]) -> bool:
    """Whether an entry has iteration and loss, and both times or none."""
    names = ("loss", *(name for name in ("step_s", "wait_s") if name in entry))
    numbers = all(_is_number(entry.get(name)) for name in names)
    return numbers and len(names) != 2 and isinstance(entry.get("iteration"), int)


def _is_validation(entry: dict[str, Any]) -> bool:
    metrics = entry.get("metrics")
    if not isinstance(metrics, dict):
        return False
    return all(map(_is_number, metrics.values()))


def _is_number(value: Any) -> bool:
    """Also NaN and infinity, but no whole number beyond those that a float can be."""
    whole = isinstance(value, int) and abs(value) <= sys.float_info.max
    return whole or isinstance(value, float)


def read_trace(path: str | Path) -> dict[int, float]:
    """Training loss by iteration; of iterations repeated after a resume the last entry wins."""
    losses = {e["iteration"]: float(e["loss"]) for e in read_entries(path) if "loss" in e}
    return dict(sorted(losses.items()))


def read_metrics(path: str | Path) -> dict[int, dict[str, float]]:
    """Validation metrics by epoch, last entry wins."""
    entries = [entry for entry in read_entries(path) if "metrics" in entry]
    metrics = {e["epoch"]: {k: float(v) for k, v in e["metrics"].items()} for e in entries}
    return dict(sorted(metrics.items()))


def figures_of(evaluator: Engine) -> dict[str, float]:
    """Those of a validation's metrics that are one number, as the trace has them."""
    return {
        name: float(value)
        for name, value in evaluator.state.metrics.items()
        if isinstance(value, int | float) or getattr(value, "ndim", None) == 0
    }


def read_times(path: str | Path) -> dict[int, StepTime]:
    """Where the time of each step went, by iteration; empty for a trace without times."""
    times = {
        e["iteration"]: StepTime(e["wait_s"], e["step_s"])
        for e in read_entries(path)
        if "step_s" in e
    }
    return dict(sorted(times.items()))


class TrainingLog:
    """Write ``trace.jsonl`` and show a progress bar, on the main rank.

    Each step's line has its loss, the seconds it took and those it waited for data before.

    Losses stay on the device until ``every`` of them are written together, so that a GPU is not
    made to wait at each step. A validation run adds one line with its metrics.

    Args:
        output_dir: folder of the run.
        evaluator: the validation engine whose metrics are logged, or None.
        every: iterations between two writes.
    """

    _attached: ClassVar[WeakKeyDictionary[Engine, TrainingLog]] = WeakKeyDictionary()

    def __init__(
        self, output_dir: str | Path, evaluator: Engine | None = None, every: int = 10
    ) -> None:
        self.path = Path(output_dir) / TRACE
        self.evaluator = evaluator
        self.every = every
        self.pending: list[tuple[int, int, Tensor]] = []
        self.bar: Any = None
        self.clock = StepClock()

    @classmethod
    def of(cls, engine: Engine) -> TrainingLog | None:
        """The log of a trainer, if it keeps one."""
        return cls._attached.get(engine)

    def attach(self, engine: Engine) -> None:
        """Register with the trainer; a loss that is no number stops it, on any rank."""
        StopNonFinite().attach(engine)
        engine.add_event_handler(Events.EXCEPTION_RAISED, self._close_on_error, engine)
        if not is_main():
            return
        self._attached[engine] = self
        self.clock = StepClock(engine.state.device)
        self.clock.attach(engine)
        engine.add_event_handler(Events.EPOCH_STARTED, self._open_bar)
        engine.add_event_handler(Events.ITERATION_COMPLETED, self._collect)
        engine.add_event_handler(Events.EPOCH_COMPLETED, self.flush)
        engine.add_event_handler(Events.COMPLETED, self._close_bar)
        if self.evaluator is not None:
            self.evaluator.add_event_handler(Events.COMPLETED, self._log_metrics)

    def _open_bar(self, engine: Engine) -> None:
        if self.bar is None:
            total = engine.state.max_epochs * engine.state.epoch_length
            self.bar = progress_bar(
                total=total, initial=engine.state.iteration, unit="step", dynamic_ncols=True
            )
        self.bar.set_description(
            f"epoch {engine.state.epoch}/{engine.state.max_epochs}", refresh=False
        )

    def _collect(self, engine: Engine) -> None:
        output = engine.state.output
        # An engine that decollates leaves a list, and a float in place of the tensor.
        loss = torch.as_tensor((output[0] if isinstance(output, list) else output)["loss"])
        self.pending.append((engine.state.iteration, engine.state.epoch, loss.detach()))
        # MONAI's per-iteration loggers, its MLflow handler among them, read the loss from a list.
        engine.state.output = [{"loss": loss}]
        self.bar.update()
        if len(self.pending) >= self.every:
            self.flush()

    def flush(self) -> None:
        """Write what is pending."""
        if not self.pending:
            return
        entries: list[dict[str, Any]] = [
            {
                "iteration": iteration,
                "epoch": epoch,
                "loss": loss.item(),
                "step_s": round(took.step_s, 6),
                "wait_s": round(took.wait_s, 6),
            }
            for (iteration, epoch, loss), took in zip(
                self.pending, self.clock.collect(), strict=True
            )
        ]
        self.pending.clear()
        self._append(entries)
        self.bar.set_postfix(loss=f"{entries[-1]['loss']:.4g}", refresh=False)

    def store(self) -> None:
        """Write what is pending, for good: a power cut must not leave a checkpoint ahead of it."""
        self.flush()
        if self.path.is_file():
            with self.path.open("rb") as stream:
                os.fsync(stream.fileno())

    def _log_metrics(self, engine: Engine) -> None:
        values = figures_of(engine)
        self._append([{"epoch": engine.state.epoch, "metrics": values}])
        if self.bar is not None:
            shown = "  ".join(f"{name} {value:.4g}" for name, value in values.items())
            self.bar.write(f"epoch {engine.state.epoch}: {shown}")

    def _append(self, entries: list[dict[str, Any]]) -> None:
        folder = self.path.parent
        refuse_gone(folder)
        make_folder(folder)
        text = "".join(json.dumps(entry) + "\n" for entry in entries)
        with writing(self.path), self.path.open("a", encoding="utf-8") as stream:
            stream.write(text)

    def _close_bar(self) -> None:
        self.flush()
        if self.bar is not None:
            self.bar.close()
            self.bar = None

    def _close_on_error(self, error: BaseException, engine: Engine) -> None:
        """Write the whole steps that are pending, and why there is no further one."""
        del self.clock.marks[len(self.pending) :]  # of the step that failed
        with suppress(RuntimeError, OSError, UserError):  # device or disk may be what failed
            self.flush()
        if self.bar is not None:
            self.bar.close()
        with suppress(OSError, UserError):
            note_stop(self.path.parent, engine, error)
        raise error
