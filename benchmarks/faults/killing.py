"""SIGKILL and SIGTERM while files are made: whole or not there, and the same command goes on."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

from .command import clear_line, finish, kill, run_well, start, stopped, wait_for_work, wait_until
from .fault import EQUAL, PATIENCE, SILENT, UNHARMED, FailedError, Fault, Outcome, Trial
from .makers import (
    EVALUATION,
    FETCHING,
    IN_TWO,
    INFERENCE,
    INFERENCE_IN_TWO,
    MAKERS,
    PACKING,
    PREPARATION,
    Maker,
    place,
)
from .served import BUNDLE, DATA
from .training import children


def _killed(trial: Trial, maker: Maker) -> Iterator[Outcome]:
    """Kill it at any moment; look at what is there; start it again, until it was killed enough.

    What it makes in the end is compared once. A kill that comes when all is written is none: it
    goes on in another folder, and sooner. It stands still while that is looked up.
    """
    _, longest = maker.whole(trial)
    kills, output = 0, place(trial, 0)
    for start_ in range(PATIENCE * trial.times):
        process = start(maker.words(trial, output), trial.folder)
        waited = trial.rng.uniform(0, longest)
        time.sleep(waited)
        with stopped(process) as alive:
            at_work = alive and not maker.has_done(output)
            killed = kill(process)
        (maker.check_parts if killed else maker.check)(trial, output)
        if killed and at_work:
            kills += 1
        else:
            output, longest = place(trial, start_ + 1), waited
        if kills == trial.times:
            break
    run_well(maker.words(trial, output), trial.folder)
    maker.check(trial, output)
    if kills:
        yield Outcome(EQUAL, times=kills)


def _ended(trial: Trial, maker: Maker, number: int, group: bool) -> Iterator[Outcome]:
    """A signal at work: one line, its status, nothing half-written, the same command goes on.

    A shell's Ctrl-C and batch systems send it to workers, too: to the whole group.

    A command that has written all of it, and has but to end, may do so: another one is tried. It
    stands still while that is looked up.
    """
    _, longest = maker.whole(trial)
    ended = 0
    for start_ in range(PATIENCE * trial.times):
        output = place(trial, start_)
        process = start(maker.words(trial, output), trial.folder)
        wait_for_work(process)
        time.sleep(trial.rng.uniform(0, longest))
        with stopped(process) as alive:
            signalled = alive and not maker.has_done(output)
            if signalled:
                (os.killpg if group else os.kill)(process.pid, number)
        done = finish(process)
        if signalled:
            line = clear_line(done, signal.Signals(number).name, status=128 + number)
            maker.check_parts(trial, output)
            if left := [path.name for path in output.rglob(".*.tmp")]:
                raise FailedError(SILENT, f"left: {', '.join(left)}")
            run_well(maker.words(trial, output), trial.folder)
        maker.check(trial, output)
        if not signalled:
            longest /= 2
            continue
        yield Outcome(EQUAL, line)
        ended += 1
        if ended == trial.times:
            break


def _worker_killed(trial: Trial, maker: Maker) -> Iterator[Outcome]:
    """A worker is killed, as by a system without memory; one that has done its work is not missed.

    Where there was none any more, another folder is made, and sooner.
    """
    _, longest = maker.whole(trial)
    hits = 0
    for number in range(PATIENCE * trial.times):
        output = place(trial, number)
        process = start(maker.words(trial, output), trial.folder)
        wait_until(process, lambda process=process: bool(forks(process.pid)))  # type: ignore[misc]
        time.sleep(trial.rng.uniform(0, longest / 2))
        with stopped(process) as alive:
            workers = forks(process.pid) if alive else []
            if workers:
                os.kill(trial.rng.choice(workers), signal.SIGKILL)
        done = finish(process)
        line = clear_line(done, "workers", "killed|memory") if done.returncode else ""
        maker.check_parts(trial, output)
        run_well(maker.words(trial, output), trial.folder)
        maker.check(trial, output)
        if not workers:
            longest /= 2
            continue
        yield Outcome(EQUAL if line else UNHARMED, line)
        hits += 1
        if hits == trial.times:
            break


def forks(process: int) -> list[int]:
    """Workers of a command, below a server of forks, too: they have their parent's words."""
    found = []
    with suppress(FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
        for child in children(process):
            found += [child] if _words(child) == _words(process) else []
            found += forks(child)
    return found


def _words(process: int) -> bytes:
    return Path(f"/proc/{process}/cmdline").read_bytes()


_WHOLE = "what has its name is whole; the same command goes on: equal files"
FAULTS = (
    *(
        Fault("SIGKILL", maker.name, _WHOLE, partial(_killed, maker=maker), 5)
        for maker in (*MAKERS, BUNDLE, DATA)
    ),
    *(
        Fault(
            "Workers",
            f"worker of {maker.name} killed",
            f"one line; {_WHOLE}; or not missed",
            partial(_worker_killed, maker=maker),
        )
        for maker in (IN_TWO, INFERENCE_IN_TWO, EVALUATION)
    ),
    *(
        Fault(
            "Signals",
            f"{signal.Signals(number).name} in {maker.name}",
            f"one line, status 128 + signal; {_WHOLE}",
            partial(_ended, maker=maker, number=number, group=False),
        )
        for maker in (PREPARATION, PACKING, FETCHING, INFERENCE)
        for number in (signal.SIGTERM, signal.SIGINT)
    ),
    *(
        Fault(
            "Signals",
            f"{signal.Signals(number).name} to the group in {maker.name}",
            f"one line, status 128 + signal; {_WHOLE}",
            partial(_ended, maker=maker, number=number, group=True),
            4,
        )
        for maker in (IN_TWO, INFERENCE_IN_TWO, EVALUATION)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)
    ),
)
