"""Full disks, folders that may not be written, and too little shared memory."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from .command import clear_line, kill, run, run_well, start, wait_until
from .equal import same_run
from .fault import EQUAL, PATIENCE, Fault, LackError, Outcome, Trial
from .makers import MAKERS, Maker
from .small import training, whole_run
from .training import NODULES, ROTATION, steps

_PAGE = 1 << 12
_ROOMY = 1 << 30
_FULL, _FORBIDDEN = "No space left on device", "Permission denied"


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[None]:
    """A tmpfs of so many bytes on a new folder.

    Raises:
        LackError: this process may not mount.
        OSError: it may, and yet nothing was mounted.
    """
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    english = {**os.environ, "LC_ALL": "C"}
    done = subprocess.run(words, check=False, capture_output=True, text=True, env=english)
    if done.returncode and re.search("superuser|permission denied", done.stderr):
        raise LackError("mounting a small tmpfs needs root")
    if done.returncode:
        raise OSError(done.stderr)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)  # nosec B607


def enlarge(folder: Path) -> None:
    """Make room on a small disk."""
    words = ["mount", "-o", f"remount,size={_ROOMY}", str(folder)]
    subprocess.run(words, check=True)


def _bytes_of(folder: Path) -> int:
    return sum(-(-p.stat().st_size // _PAGE) * _PAGE for p in folder.rglob("*") if p.is_file())


def _full_in_training(trial: Trial, bundle: str) -> Iterator[Outcome]:
    """A disk that is full after so many bytes; one that sufficed counts for none."""
    whole, found = whole_run(trial, bundle), 0
    # A checkpoint is written beside the one before: with three times as much it would all fit.
    most = _bytes_of(whole) * 3 // 2
    for number in range(PATIENCE * trial.times):
        disk = trial.folder / f"disk{number}"
        size = trial.rng.randrange(4 * _PAGE, most, _PAGE)
        with small_disk(disk, size):
            words = training(trial, bundle, disk / "run")
            done = run(words, trial.folder)
            line = clear_line(done, str(disk), _FULL) if done.returncode else ""
            enlarge(disk)
            run_well(words, trial.folder)
            same_run(whole, disk / "run")
        if not line:
            most = size
            continue
        yield Outcome(EQUAL, line)
        found += 1
        if found == trial.times:
            break


def _full_in(trial: Trial, maker: Maker) -> Iterator[Outcome]:
    whole, _ = maker.whole(trial)
    most = _bytes_of(whole)
    for number in range(trial.times):
        disk = trial.folder / f"disk{number}"
        size = trial.rng.randrange(_PAGE, most, _PAGE)
        with small_disk(disk, size):
            words = maker.words(trial, disk / "made")
            line = clear_line(run(words, trial.folder), str(disk), _FULL)
            maker.check_parts(trial, disk / "made")
            enlarge(disk)
            run_well(words, trial.folder)
            maker.check(trial, disk / "made")
        yield Outcome(EQUAL, line)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """A folder and those below it lose the right to be written."""
    places = [folder, *(path for path in folder.rglob("*") if path.is_dir())]
    for place in places:
        place.chmod(0o555)
    try:
        yield
    finally:
        for place in places:
            place.chmod(0o755)


def _forbidden_in_training(trial: Trial, bundle: str) -> Iterator[Outcome]:
    """A new folder for a run, and one in which it has begun, which is compared at last."""
    whole, run_folder = whole_run(trial, bundle), trial.folder / "there" / "run"
    words = training(trial, bundle, run_folder)
    run_folder.parent.mkdir()
    with read_only(run_folder.parent):
        clear_line(run(words, trial.folder, unprivileged=True), str(run_folder), _FORBIDDEN)
    process = start(words, trial.folder)
    wait_until(process, lambda: steps(run_folder) > 0)
    kill(process)
    with read_only(run_folder):
        done = run(words, trial.folder, unprivileged=True)
        line = clear_line(done, str(run_folder), _FORBIDDEN)
    run_well(words, trial.folder)
    same_run(whole, run_folder)
    yield Outcome(EQUAL, line, times=2)


def _forbidden_in(trial: Trial, maker: Maker) -> Iterator[Outcome]:
    """The folder above a new one, and the new one itself, which is compared at last."""
    output = trial.folder / "there" / "made"
    output.mkdir(parents=True)
    maker.whole(trial)
    for place in (output.parent, output):
        words = maker.words(trial, output)
        if place == output.parent:
            output.rmdir()
        else:
            output.mkdir(exist_ok=True)
        with read_only(place):
            done = run(words, trial.folder, unprivileged=True)
            line = clear_line(done, str(output), _FORBIDDEN)
    run_well(words, trial.folder)
    maker.check(trial, output)
    yield Outcome(EQUAL, line, times=2)


def _no_shared_memory(trial: Trial, bundle: str) -> Iterator[Outcome]:
    with small_disk(trial.folder / "disk", _PAGE):
        pass  # who may mount it may mount the other
    whole, run_folder = whole_run(trial, bundle), trial.folder / "run"
    words = training(trial, bundle, run_folder, num_workers=2)
    small = {"/dev/shm": trial.rng.choice((1, 2, 4, 8)) * _PAGE}  # nosec B108
    done = run(words, trial.folder, tmpfs=small)
    line = clear_line(done, "/dev/shm", "num_workers")  # nosec B108
    run_well(words, trial.folder)
    same_run(whole, run_folder)
    yield Outcome(EQUAL, line)


_ROOM = "one line that names file and cause; once there is room"
_MAY = "one line that names folder and cause; once it may be written"
_ON = "the same command goes on, equal bit for bit"
FAULTS = (
    *(
        Fault(
            "Full disk",
            f"training {bundle}",
            f"{_ROOM} {_ON}",
            partial(_full_in_training, bundle=bundle),
        )
        for bundle in (ROTATION, NODULES)
    ),
    *(
        Fault("Full disk", maker.name, f"{_ROOM} {_ON}", partial(_full_in, maker=maker))
        for maker in MAKERS
    ),
    *(
        Fault(
            "Read-only folder",
            f"training {bundle}",
            f"{_MAY} {_ON}",
            partial(_forbidden_in_training, bundle=bundle),
            2,
        )
        for bundle in (ROTATION, NODULES)
    ),
    *(
        Fault(
            "Read-only folder", maker.name, f"{_MAY} {_ON}", partial(_forbidden_in, maker=maker), 2
        )
        for maker in MAKERS
    ),
    *(
        Fault(
            "Too small /dev/shm",
            f"training {bundle}",
            f"one line that names it; elsewhere {_ON}",
            partial(_no_shared_memory, bundle=bundle),
            1,
        )
        for bundle in (ROTATION, NODULES)
    ),
)
