"""``medssl estimate``: how long will this training take, and what does it need?"""

from __future__ import annotations

import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from ignite.engine import Engine, Events
from monai.bundle import ConfigParser

from ..bars import progress_bar
from ..engines import StepClock
from ..errors import UserError
from .brief import validation_seconds
from .bundles import override, read_config, refuse_sizes

WARM_UP = 5
LEAST = 3  # steps, the first of which is not counted
SECONDS = 25.0  # after which no further step is made
CPU_BATCH = 2  # on a CPU a step's time is that of its samples, one after the other
VALIDATION_BATCHES = 5
MIB = 2**20
# What records or decides is left out of the probe; the rest of the handlers is part of a step.
OBSERVERS = ("TrainingLog", "ValidationHandler", "TensorBoardLog", "EarlyStop", "StatsHandler")
SAVERS = ("SaveModel", "Checkpoint")


@dataclass(frozen=True)
class TrainingEstimate:
    """Measured speed and what follows from it.

    ``step_s`` is the median step with its wait for data; ``waiting`` the share of that wait;
    ``memory_mib`` the peak of torch on the GPU, or on a CPU what the main process grew by;
    ``validation_s`` one whole validation.
    """

    device: str
    step_s: float
    batch_size: int
    waiting: float
    memory_mib: float
    disk_mib: Mapping[str, float]
    epochs: int
    epoch_steps: int
    validations: int
    validation_s: float

    @property
    def steps_per_second(self) -> float:
        return 1 / self.step_s

    @property
    def steps(self) -> int:
        """Steps of the whole training."""
        return self.epochs * self.epoch_steps

    @property
    def training_hours(self) -> float:
        return self.steps / self.steps_per_second / 3600

    @property
    def hours(self) -> float:
        """Hours to the configured end, validations included."""
        return self.training_hours + self.validations * self.validation_s / 3600

    def record(self) -> dict[str, Any]:
        """All figures as plain containers, with what follows from them."""
        return {**asdict(self), "steps": self.steps, "hours": self.hours}

    def __str__(self) -> str:
        rate = self.steps_per_second
        files = ", ".join(f"{name} {size:,.1f} MiB" for name, size in self.disk_mib.items())
        rows = {
            "device": self.device,
            "speed": f"{rate:.3g} steps/s, {rate * self.batch_size:.3g} samples/s",
            "waiting for data": f"{self.waiting:.0%} of the time",
            "peak memory": f"{self.memory_mib:,.0f} MiB",
            "disk": files,
            "length": f"{self.epochs} epochs x {self.epoch_steps} steps = {self.steps:,} steps",
            "validation": f"{self.validations} times {self.validation_s:.3g} s",
            "time to the end": f"{self.hours:.3g} h ({self.training_hours:.3g} h of training)",
        }
        return "\n".join(f"{name:<18}{value}" for name, value in rows.items())


def estimate(
    config: str | Path | Sequence[str],
    data: str | Path,
    steps: int = 20,
    overrides: Mapping[str, Any] | None = None,
) -> TrainingEstimate:
    """Run a few steps of a bundle's training and work out the rest.

    The steps are the bundle's own: its data set and workers, pretext transform, network, loss and
    optimiser. They run in a temporary folder, after ``WARM_UP`` steps that are not counted; slow
    ones end early. On a CPU they are of ``CPU_BATCH`` samples, and time and memory are those of a
    whole batch in proportion. A checkpoint and the model are really written there, to see their
    size. How far it is stands on stderr.

    Args:
        config: a bundle's folder, its train.json, or a list of configs to merge.
        data: prepared folder.
        steps: steps to time.
        overrides: keys of the config to set, as on MONAI's command line.

    Raises:
        UserError: no such config or key, fewer than 2 steps, or unreadable data.
    """
    refuse_few(steps)
    with tempfile.TemporaryDirectory() as scratch:
        set_too = {**(overrides or {}), "dataset_dir": str(data), "output_dir": scratch}
        parser = _parser(config, set_too)
        device = torch.device(parser.get_parsed_content("device"))
        loader = parser.get_parsed_content("train#dataloader")
        batch = loader.batch_sampler.batch_size  # of few samples, less than was asked for
        if device.type != "cpu" or batch <= CPU_BATCH:
            return _probe(parser, steps, Path(scratch))
        few = _parser(config, {**set_too, "batch_size": CPU_BATCH})
        return _in_proportion(_probe(few, steps, Path(scratch)), batch, len(loader))


def refuse_few(steps: object) -> None:
    """Refuse steps of which no median can be taken.

    Raises:
        UserError: no whole number, or fewer than 2.
    """
    if not isinstance(steps, int) or steps < 2:
        raise UserError(f"--steps: {steps}, expected a whole number of 2 or more")


def _parser(config: str | Path | Sequence[str], overrides: Mapping[str, Any]) -> ConfigParser:
    parser = read_config(config)
    if "train" not in parser.config:
        named = config if isinstance(config, str | Path) else ", ".join(config)
        raise UserError(f"{named}: this is no train.json; expected a bundle's folder or its own")
    override(parser, overrides)
    refuse_sizes(parser.config, {})
    return parser


def _in_proportion(few: TrainingEstimate, batch: int, epoch_steps: int) -> TrainingEstimate:
    """The estimate of steps of ``batch`` samples from that of few; weights are there but once."""
    share = batch / few.batch_size
    weights = min(few.memory_mib, sum(few.disk_mib.values()))
    memory = weights + share * (few.memory_mib - weights)
    step_s = share * few.step_s
    return replace(few, batch_size=batch, step_s=step_s, memory_mib=memory, epoch_steps=epoch_steps)


def _probe(parser: ConfigParser, steps: int, scratch: Path) -> TrainingEstimate:
    _shorten(parser, WARM_UP + steps)
    parser.get_parsed_content("initialize", default=None)
    device = torch.device(parser.get_parsed_content("device"))
    before = _memory(device)
    trainer: Engine = parser.get_parsed_content("train#trainer")
    clock = StepClock(device)
    clock.attach(trainer)
    _show_and_limit(trainer)
    trainer.run()
    times = clock.collect()
    times = times[min(WARM_UP, len(times) // LEAST) :]
    memory = _peak_memory(device) - before
    waited, worked = sum(t.wait_s for t in times), sum(t.step_s for t in times)
    epochs = int(parser.get_parsed_content("max_epochs"))
    interval = parser.get_parsed_content("probe#interval")
    loader = parser.get_parsed_content("train#dataloader")
    return TrainingEstimate(
        device=torch.cuda.get_device_name(device) if device.type == "cuda" else str(device),
        step_s=statistics.median(t.wait_s + t.step_s for t in times),
        batch_size=loader.batch_sampler.batch_size,
        waiting=waited / (waited + worked),
        memory_mib=memory / MIB,
        disk_mib=_disk(parser.get_parsed_content("probe#savers"), trainer, scratch),
        epochs=epochs,
        epoch_steps=len(loader),
        validations=epochs // interval if interval else 0,
        validation_s=validation_seconds(parser, SECONDS) if interval else 0.0,
    )


def _show_and_limit(trainer: Engine) -> None:
    """Show the steps on stderr, and end with the first one that is past ``SECONDS``."""
    started = time.perf_counter()
    bar = progress_bar(desc="steps", unit="step")

    def count(engine: Engine) -> None:
        if bar.total is None:
            bar.total = engine.state.epoch_length
        bar.update()
        if engine.state.iteration >= LEAST and time.perf_counter() - started > SECONDS:
            engine.terminate()

    trainer.add_event_handler(Events.ITERATION_COMPLETED, count)
    trainer.add_event_handler(Events.COMPLETED, lambda: bar.close())
    trainer.add_event_handler(Events.TERMINATE, lambda: bar.close())


def _shorten(parser: ConfigParser, steps: int) -> None:
    """Let the config train ``steps`` steps and validate a few batches, recording nothing."""
    savers, intervals = [], []
    for part in ("train", "validate"):
        kept = []
        for handler in parser[f"{part}#handlers"]:
            kind = handler["_target_"].rsplit(".", 1)[-1]
            if kind in SAVERS:
                savers.append({key: handler[key] for key in handler if key != "log"})
            elif kind == "ValidationHandler":
                intervals.append(handler["interval"])
            elif kind not in OBSERVERS:
                kept.append(handler)
        parser[f"{part}#handlers"] = kept
    parser["probe"] = {"savers": savers, "interval": intervals[0] if intervals else 0}
    parser["train#trainer#max_epochs"] = 1
    parser["train#trainer#epoch_length"] = steps
    batches = f"$min({VALIDATION_BATCHES}, len(@validate#dataloader))"
    parser["validate#evaluator#epoch_length"] = batches


def _disk(savers: Sequence[Any], trainer: Engine, scratch: Path) -> dict[str, float]:
    """Size in MiB of each weight file the run keeps, by writing it."""
    for saver in savers:
        saver.save(trainer)
    return {path.name: path.stat().st_size / MIB for path in sorted(scratch.glob("*.pt"))}


def _memory(device: torch.device) -> int:
    """Bytes in use now, before anything is built."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        return 0
    return _peak_memory(device)


def _peak_memory(device: torch.device) -> int:
    """Most bytes in use so far."""
    if device.type == "cuda":
        return int(torch.cuda.max_memory_allocated(device))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
