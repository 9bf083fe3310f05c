"""Folders under a command's feet: scans taken away, two at once, the output deleted."""

from __future__ import annotations

import json
import re
import shutil
import signal
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from .command import clear_line, finish, run, run_well, start, stopped, wait_until
from .equal import same_files, same_run
from .fault import EQUAL, PATIENCE, SILENT, UNHARMED, FailedError, Fault, Outcome, Trial
from .makers import FETCHING, INFERENCE, PACKING, PREPARATION, Maker, place
from .small import data_of, training, whole_run
from .training import NODULES, ROTATION, steps

_REFUSED = "being (prepared|written)|there already"


def _scan_gone_before(trial: Trial, bundle: str) -> Iterator[Outcome]:
    """A prepared scan is removed before the start; put back, all is well."""
    data = _own_data(trial, bundle)
    for number, scan in enumerate(_scans(data, trial)):
        run_folder = trial.folder / f"run{number}"
        words = training(trial, bundle, run_folder, dataset_dir=data)
        scan.rename(trial.folder / "away")
        line = clear_line(run(words, trial.folder), re.escape(str(scan)))
        (trial.folder / "away").rename(scan)
        run_well(words, trial.folder)
        same_run(whole_run(trial, bundle), run_folder)
        yield Outcome(EQUAL, line)


def _scan_gone_meanwhile(trial: Trial, bundle: str, workers: int) -> Iterator[Outcome]:
    """A prepared scan is removed while a run reads it: the run stops, or never noticed."""
    data = _own_data(trial, bundle)
    for number, scan in enumerate(_scans(data, trial)):
        run_folder = trial.folder / f"run{number}"
        words = training(trial, bundle, run_folder, dataset_dir=data, num_workers=workers)
        process = start(words, trial.folder)
        wait_until(process, lambda run_folder=run_folder: steps(run_folder) > 0)  # type: ignore[misc]
        scan.rename(trial.folder / "away")
        done = finish(process)
        (trial.folder / "away").rename(scan)
        line = clear_line(done, re.escape(str(scan))) if done.returncode else ""
        run_well(words, trial.folder)
        same_run(whole_run(trial, bundle), run_folder)
        yield Outcome(EQUAL if line else UNHARMED, line)


def _own_data(trial: Trial, bundle: str) -> Path:
    data, _ = data_of(bundle, trial.shared)
    return shutil.copytree(data, trial.folder / "data")


def _scans(data: Path, trial: Trial) -> list[Path]:
    """Some of the scans that a training reads."""
    listing = json.loads((data / "datalist.json").read_text(encoding="utf-8"))
    items = [*listing["training"], *listing["validation"]]
    return [data / item["image"] for item in trial.rng.sample(items, trial.times)]


def _raw_scan_gone(trial: Trial) -> Iterator[Outcome]:
    """A raw scan is removed after a preparation has listed it, before it is read.

    What is compared has the same name, which a data list holds.
    """
    data, _ = data_of(ROTATION, trial.shared)
    raw, whole, output = trial.folder / "raw", place(trial, 0), place(trial, 1)
    shutil.copytree(data.parent / "raw", raw)
    alone, words = (PREPARATION.words(trial, folder) for folder in (whole, output))
    for each in (words, alone):  # volumes know which file they were made of
        each[each.index("--source") + 1] = str(raw)
    run_well(alone, trial.folder)
    scan = sorted(raw.glob("subset*/*.raw"))[-1]
    process = start(words, trial.folder)
    wait_until(process, lambda: any(output.glob("volumes/*.b2nd")))
    scan.rename(trial.folder / "away")
    line = clear_line(finish(process), scan.stem)
    (trial.folder / "away").rename(scan)
    run_well(words, trial.folder)
    same_files(whole, output, *PREPARATION.passed_over)
    yield Outcome(EQUAL, line)


def _two_runs(trial: Trial, bundle: str) -> Iterator[Outcome]:
    whole, run_folder = whole_run(trial, bundle), trial.folder / "run"
    words = training(trial, bundle, run_folder)
    first = start(words, trial.folder)
    wait_until(first, lambda: steps(run_folder) > 0)
    first.send_signal(signal.SIGSTOP)  # it holds the folder, however soon it would be done
    line = clear_line(run(words, trial.folder), str(run_folder), "is being written by process")
    first.send_signal(signal.SIGCONT)
    done = finish(first)
    if done.returncode:
        raise FailedError(SILENT, f"the first run ended with {done.returncode}")
    same_run(whole, run_folder)
    yield Outcome(EQUAL, line)


def _two_makers(trial: Trial, maker: Maker) -> Iterator[Outcome]:
    """The second is refused, or both make the same: the first stands still at work meanwhile.

    One that was done before it was stopped is no try, and another folder is taken.
    """
    maker.whole(trial)
    for number in range(PATIENCE * trial.times):
        output = place(trial, number)
        words = maker.words(trial, output)
        first = start(words, trial.folder)
        wait_until(first, lambda output=output: any(output.glob("*")))  # type: ignore[misc]
        with stopped(first) as alive:
            both = alive and not maker.has_done(output)
            second = run(words, trial.folder) if both else None
        done = [each for each in (finish(first), second) if each and each.returncode]
        lines = [clear_line(each, str(output), _REFUSED) for each in done]
        if len(lines) == 2:
            raise FailedError(SILENT, "both were refused")
        maker.check(trial, output)
        if both:
            yield Outcome(EQUAL, lines[0] if lines else "")
            break


def _output_gone_in_training(trial: Trial, bundle: str) -> Iterator[Outcome]:
    whole = whole_run(trial, bundle)
    for number in range(trial.times):
        run_folder = trial.folder / f"run{number}"
        words = training(trial, bundle, run_folder)
        process = start(words, trial.folder)
        wanted = trial.rng.randrange(1, steps(whole) - 1)
        wait_until(process, lambda f=run_folder, w=wanted: steps(f) >= w)  # type: ignore[misc]
        process.send_signal(signal.SIGSTOP)
        run_folder.rename(trial.folder / f"away{number}")
        process.send_signal(signal.SIGCONT)
        line = clear_line(finish(process), str(run_folder), "gone|removed|No such")
        if run_folder.exists():
            raise FailedError(SILENT, f"{run_folder.name} is there again")
        run_well(words, trial.folder)
        same_run(whole, run_folder)
        yield Outcome(EQUAL, line)


def _output_gone(trial: Trial, maker: Maker) -> Iterator[Outcome]:
    """The folder is removed at any moment: one line, or made again as a whole.

    Where all was written before, and the command has but to end, nothing was lost by it.
    """
    _, longest = maker.whole(trial)
    removed = 0
    for number in range(PATIENCE * trial.times):
        output = place(trial, number)
        process = start(maker.words(trial, output), trial.folder)
        wait_until(process, output.is_dir)
        time.sleep(trial.rng.uniform(0, longest / 2))
        with stopped(process) as alive:
            ended = not alive or maker.has_done(output)
            output.rename(trial.folder / f"away{number}")
        done = finish(process)
        line = clear_line(done, str(output)) if done.returncode else ""
        if not done.returncode:
            maker.check(trial, trial.folder / f"away{number}" if ended else output)
        run_well(maker.words(trial, output), trial.folder)
        maker.check(trial, output)
        if ended:
            longest /= 2
            continue
        yield Outcome(EQUAL, line)
        removed += 1
        if removed == trial.times:
            break


_BACK = "one line that names it; put back, the same command goes on, equal bit for bit"
_GONE = "one line that names the folder, which does not come back; the same command starts anew"
FAULTS = (
    *(
        Fault(
            "Removed scan",
            f"before training {bundle}",
            _BACK,
            partial(_scan_gone_before, bundle=bundle),
        )
        for bundle in (ROTATION, NODULES)
    ),
    *(
        Fault(
            "Removed scan",
            f"while training {bundle}, {workers} workers",
            f"{_BACK}; or never noticed",
            partial(_scan_gone_meanwhile, bundle=bundle, workers=workers),
        )
        for bundle, workers in ((ROTATION, 0), (ROTATION, 2), (NODULES, 0))
    ),
    Fault("Removed scan", "while it is prepared", _BACK, _raw_scan_gone, 1),
    *(
        Fault(
            "Two in one folder",
            f"training {bundle}",
            "the second is refused in one line, the first unharmed",
            partial(_two_runs, bundle=bundle),
            1,
        )
        for bundle in (ROTATION, NODULES)
    ),
    *(
        Fault(
            "Two in one folder",
            maker.name,
            "the second is refused in one line, or both make the same",
            partial(_two_makers, maker=maker),
            1,
        )
        for maker in (PREPARATION, PACKING, FETCHING, INFERENCE)
    ),
    *(
        Fault(
            "Output deleted",
            f"training {bundle}",
            _GONE,
            partial(_output_gone_in_training, bundle=bundle),
        )
        for bundle in (ROTATION, NODULES)
    ),
    *(
        Fault("Output deleted", maker.name, _GONE, partial(_output_gone, maker=maker))
        for maker in (PREPARATION, INFERENCE)
    ),
)
