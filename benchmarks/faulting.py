"""Faults done to the product on purpose, and what became of each.

    PYTHONPATH=. python benchmarks/faulting.py [--only WORD ...] [--seed 0] [--page]

The seed says at which moments; it is printed, and the same seed draws the same. ``--page`` replaces
the rows of those faults that were tried. Mounting small disks needs root: without it these faults
are listed apart as not tried. Exit status 1 where one ended badly, or was not tried for any other
reason. Leave the sources alone meanwhile: a packed bundle holds them.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import re
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.warm import PLACE

from faults.every import FAULTS
from faults.fault import BAD, Fault, Trial
from faults.page import keep, row
from measured import made_now

SHARED = "shared"  # of the work folder: data and runs that were let alone


def main() -> None:
    """Run it."""
    given = _arguments()
    work = given.work.absolute()
    chosen = [fault for fault in FAULTS if not given.only or _asked(fault, given.only)]
    print(f"{len(chosen)} faults, seed {given.seed}, {given.jobs} at a time", flush=True)
    shutil.rmtree(work / SHARED, ignore_errors=True)  # made by other sources, it may be another
    with warm_place(), ThreadPoolExecutor(given.jobs) as pool:
        jobs = [pool.submit(attempt, fault, work, given.seed) for fault in chosen]
        rows = [job.result() for job in jobs]
    if given.page:
        keep(rows, [(fault.family, fault.name) for fault in FAULTS])
    raise SystemExit(status(rows))


def _asked(fault: Fault, words: Sequence[str]) -> bool:
    return any(word in _title(fault) for word in words)


def status(rows: Sequence[dict[str, Any]]) -> int:
    """Of the command: 1 where a fault ended badly, or was tried too seldom."""
    return int(any(set(row["outcomes"]) & set(BAD) for row in rows))


def _title(fault: Fault) -> str:
    return f"{fault.family}: {fault.name}"


@contextlib.contextmanager
def warm_place() -> Iterator[None]:
    """Where the servers of warm processes listen.

    A shell in the background has Ctrl-C ignored; here it is sent on purpose.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="medssl-faults-") as folder:
        os.environ[PLACE] = folder
        yield


def attempt(fault: Fault, work: Path, seed: int, times: int | None = None) -> dict[str, Any]:
    """Try a fault in a folder of its own, and say how it went; its row."""
    folder = work / "tried" / re.sub(r"[ /:]+", "_", _title(fault))
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    rng = random.Random(f"{seed} {_title(fault)}")
    made, begun = made_now(), time.monotonic()
    found = fault.run(Trial(folder, work / SHARED, rng, times or fault.times))
    seconds = time.monotonic() - begun
    print(f"{_title(fault)}: {seconds:.0f} s", flush=True)
    for outcome in found:
        print(f"    {outcome.what}: {outcome.detail[:600]}", flush=True)
    return row(fault, found, seconds, seed) | made


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, default=Path("runs/faults"))
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--page", action="store_true", help="write the rows into the page")
    given = parser.parse_args()
    for word in given.only or ():
        if not any(_asked(fault, [word]) for fault in FAULTS):
            parser.error(f"--only {word}: no fault is called so; docs/reliability.md has them all")
    return given


if __name__ == "__main__":
    main()
