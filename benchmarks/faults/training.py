"""SIGKILL, SIGTERM and SIGINT in training: nothing is lost, nothing differs."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from tests.warm import Warm

from medssl.engines import read_trace

from .command import clear_line, finish, kill, run_well, said, start, wait_until
from .equal import same_run
from .fault import EQUAL, PATIENCE, TRACEBACK, UNHARMED, FailedError, Fault, Outcome, Trial
from .small import BUNDLES, training, whole_run

_PAUSE_S = 0.3  # at most, between a step that is seen and a kill: writing, validating, starting
TRACE = "trace.jsonl"


def steps(run: Path) -> int:
    """Steps that a run has logged."""
    trace = run / TRACE
    return max(read_trace(trace), default=0) if trace.is_file() else 0


Hit = Callable[[Path, int, int], bool]  # of a run, the part of it, and the runs before: if it hit


def _in_parts(trial: Trial, bundle: str, hit: Hit) -> Iterator[Outcome]:
    """Do something to a run at each of equal parts of it, then let it end, and compare it, once.

    Where the run was done before it was hit, another one is hit at the parts that are left.
    """
    whole, hits = whole_run(trial, bundle), 0
    for number in range(PATIENCE * trial.times):
        run, before = trial.folder / f"run{number}", hits
        while hits < trial.times and hit(run, hits, number):
            hits += 1
        run_well(training(trial, bundle, run), trial.folder)
        same_run(whole, run)
        if hits > before:
            yield Outcome(EQUAL, times=hits - before)
        if hits == trial.times:
            break


def _killed(trial: Trial, bundle: str) -> Iterator[Outcome]:
    """At a random moment of each part; after the last step is too late, and the next are sooner."""
    total = steps(whole_run(trial, bundle))

    def hit(run: Path, part: int, late: int) -> bool:
        wanted = int(total * trial.rng.uniform(part, part + 1) / trial.times)
        words = training(trial, bundle, run, num_workers=trial.rng.choice((0, 0, 1, 2)))
        process = start(words, trial.folder)
        wait_until(process, lambda: steps(run) >= wanted)
        time.sleep(trial.rng.uniform(0, _PAUSE_S / 2**late))
        return kill(process) and steps(run) < total

    yield from _in_parts(trial, bundle, hit)


def _signalled(trial: Trial, bundle: str, number: int, group: bool) -> Iterator[Outcome]:
    """A signal to the process, or to its loader's workers, too, as Ctrl-C and SLURM send it."""
    whole = whole_run(trial, bundle)
    for time_ in range(trial.times):
        run = trial.folder / f"run{time_}"
        workers = trial.rng.choice((0, 2))
        process = start(training(trial, bundle, run, num_workers=workers), trial.folder)
        wanted = trial.rng.randrange(1, steps(whole) - 2)
        wait_until(process, lambda run=run, wanted=wanted: steps(run) >= wanted)  # type: ignore[misc]
        (os.killpg if group else os.kill)(process.pid, number)
        line = stopped_line(process, run, number)
        run_well(training(trial, bundle, run), trial.folder)
        same_run(whole, run)
        yield Outcome(EQUAL, line)


def stopped_line(process: Warm, run: Path, number: int) -> str:
    """The line that a training says when a signal ends it.

    Raises:
        FailedError: there is none, or it is not true.
    """
    done = finish(process)
    found = re.findall(r"^.*stopped at iteration (\d+).*$", done.stdout, re.M)
    if done.returncode != 128 + number or said(done) or len(found) != 1:
        raise FailedError(
            TRACEBACK, f"ended with {done.returncode}: {done.stdout[-200:]} {said(done)}"
        )
    if int(found[0]) != steps(run):
        raise FailedError(TRACEBACK, f"says {found[0]}, has logged {steps(run)}")
    return next(line for line in done.stdout.splitlines() if "stopped at" in line)


def _worker_killed(trial: Trial, bundle: str) -> Iterator[Outcome]:
    """A loader's worker is killed, as by a system without memory.

    One that has handed over all that was asked of it is not missed: the run ends as if nothing had
    been, equal bit for bit.
    """
    whole = whole_run(trial, bundle)
    for number in range(trial.times):
        run = trial.folder / f"run{number}"
        process = start(training(trial, bundle, run, num_workers=2), trial.folder)
        wait_until(process, lambda run=run: steps(run) > 0)  # type: ignore[misc]
        os.kill(trial.rng.choice(children(process.pid)), signal.SIGKILL)
        done = finish(process)
        line = clear_line(done, "worker", "killed|memory") if done.returncode else ""
        run_well(training(trial, bundle, run), trial.folder)
        same_run(whole, run)
        yield Outcome(EQUAL if line else UNHARMED, line)


def children(process: int) -> list[int]:
    """Of a process that lives."""
    task = Path(f"/proc/{process}/task/{process}/children")
    return [int(word) for word in task.read_text().split()]


def _tear_line(trace: Path, rng: random.Random) -> None:
    with trace.open("a") as stream:
        line = json.dumps({"iteration": 1, "epoch": 1, "loss": 0.5})
        stream.write(line[: rng.randrange(1, len(line))])


def _tear_record(curves: Path, rng: random.Random) -> None:
    os.truncate(curves, curves.stat().st_size - rng.randrange(1, 16))


def _torn(
    trial: Trial, bundle: str, pattern: str, tear: Callable[[Path, random.Random], None]
) -> Iterator[Outcome]:
    """The newest such file ends within a line or a record, as a full disk or a crash leaves it.

    It is torn again once the run has gone on and written more.
    """

    def hit(run: Path, part: int, _late: int) -> bool:
        if alive := _killed_in_part(trial, bundle, run, part, pattern):
            tear(max(run.glob(pattern), key=lambda path: path.stat().st_mtime), trial.rng)
        return alive

    yield from _in_parts(trial, bundle, hit)


def _killed_in_part(trial: Trial, bundle: str, run: Path, part: int, pattern: str) -> bool:
    """Start a run, or go on with it, and kill it at a step; whether it had not ended before.

    Args:
        trial: with as many parts of a run as it has times, and one more.
        bundle: to train.
        run: its folder; what is there is gone on from.
        part: of the run, after which it is killed.
        pattern: of files that it has written to before.
    """
    wanted = (part + 1) * steps(whole_run(trial, bundle)) // (trial.times + 1)
    before = _written(run, pattern)
    process = start(training(trial, bundle, run), trial.folder)
    wait_until(process, lambda: _written(run, pattern) != before and steps(run) >= wanted)
    return kill(process)


def _written(run: Path, pattern: str) -> int:
    """Bytes of these files."""
    return sum(path.stat().st_size for path in run.glob(pattern))


_RESUMED = "the same command goes on: losses, metrics, weights, checkpoint equal bit for bit"
_STOPPED = f"a checkpoint, one line, status 128 + signal; {_RESUMED}"
ROTATION, BYOL, NODULES = (
    *("pretrain_rotation", "pretrain_byol"),
    "lung_nodule_ct_segmentation",
)
SIGNALS = [
    (ROTATION, signal.SIGTERM, False),
    (ROTATION, signal.SIGINT, True),
    (BYOL, signal.SIGUSR1, False),
    (NODULES, signal.SIGTERM, True),
    (NODULES, signal.SIGINT, False),
]
FAULTS = (
    *(
        Fault("SIGKILL", f"training {bundle}", _RESUMED, partial(_killed, bundle=bundle), 5)
        for bundle in BUNDLES
    ),
    *(
        Fault(
            "Signals",
            f"{signal.Signals(number).name} to {'the group of ' if group else ''}{bundle}",
            _STOPPED,
            partial(_signalled, bundle=bundle, number=number, group=group),
        )
        for bundle, number, group in SIGNALS
    ),
    *(
        Fault(
            "Workers",
            f"worker of {bundle} killed",
            f"one line; {_RESUMED}; or not missed",
            partial(_worker_killed, bundle=bundle),
            5,
        )
        for bundle in (ROTATION, NODULES)
    ),
    *(
        Fault(
            "Torn last line",
            f"{what} of {bundle}",
            _RESUMED,
            partial(_torn, bundle=bundle, pattern=pattern, tear=tear),
        )
        for what, pattern, tear in (
            (TRACE, TRACE, _tear_line),
            ("an event file", "events.*", _tear_record),
        )
        for bundle in (ROTATION, NODULES)
    ),
)
