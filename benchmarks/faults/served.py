"""Fetching over http, from a server in this process."""

from __future__ import annotations

import functools
import os
import random
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.sources.server import Server, md5

from .command import kill, run_well, start, wait_until
from .fault import EQUAL, PATIENCE, Fault, Outcome, Trial
from .makers import FETCHING, SOURCE, Maker, place, released

_FILE, _SIZE = "scans.bin", 24 << 20  # bytes that nothing can be guessed of
_PAUSE_S = 0.01  # the file takes a second, to be killed in
_MOST_TORN = 1 << 16  # bytes


class _Serving(Server):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Who had asked was killed."""


@functools.cache
def _server() -> Server:
    """The one of this process, which ends with it."""
    server = _Serving()
    server.pause_s = _PAUSE_S
    server.files[_FILE] = random.Random(0).randbytes(_SIZE)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def _fetch(trial: Trial, output: Path) -> list[str]:
    for path in released(trial).iterdir():
        _server().files[path.name] = path.read_bytes()
    return ["medssl", "fetch", SOURCE, "--source", _server().url(""), "--folder", str(output)]


def _download(_trial: Trial, output: Path) -> list[str]:
    server = _server()
    words = [server.url(_FILE), str(output / _FILE), md5(server.files[_FILE])]
    return ["benchmarks.faults.download", *words]


BUNDLE = replace(FETCHING, name="fetching a bundle over http", words=_fetch)
DATA = Maker("fetching a data set's file over http", _download, (), _FILE, _FILE)


def _torn(trial: Trial) -> Iterator[Outcome]:
    """The part that has come loses its end, and again once more has come; compared at last.

    Where all had come before, another file is fetched.
    """
    torn = 0
    for number in range(PATIENCE * trial.times):
        output, before = place(trial, number), torn
        while torn < trial.times and _tear(trial, output):
            torn += 1
        run_well(DATA.words(trial, output), trial.folder)
        DATA.check(trial, output)
        if torn > before:
            yield Outcome(EQUAL, times=torn - before)
        if torn == trial.times:
            break


def _tear(trial: Trial, output: Path) -> bool:
    """Fetch more of the file, kill that, and cut the end of what has come; whether it was there."""
    part = output / f"{_FILE}.part"
    before = _bytes_of(part)
    process = start(DATA.words(trial, output), trial.folder)
    wait_until(process, lambda: _bytes_of(part) > before)
    torn = kill(process) and _bytes_of(part) > before
    if torn:
        os.truncate(part, _bytes_of(part) - trial.rng.randrange(1, _MOST_TORN))
    return torn


def _bytes_of(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


FAULTS = (
    Fault(
        "Torn last line",
        "the part that has come of a file over http",
        "the same command goes on: equal files",
        _torn,
    ),
)
