"""Commands as users type them, and whether what they say is one clear line."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.warm import Entire, Warm

from medssl.errors import DEBUG

from .fault import HANG, TRACEBACK, FailedError

ROOT = Path(__file__).resolve().parents[2]
PYTHON = [sys.executable, "-W", "ignore", "-m"]
LIMIT_S = 900.0  # of one command, on a machine that does other things, too
_ONE = {"OMP_NUM_THREADS": "1"}
# A first word, and bars: they are no messages.
_PASSED_OVER = re.compile(r"^reading .* \.\.\.$|\d+%\|.*\||\d+(scan|step|k?B|MB) \[\d\d:\d\d")
_LONGEST = 700  # characters of a line that somebody reads


def bundle_words(bundle: str, configs: Sequence[str], **keys: object) -> list[str]:
    """What is typed to run a bundle: the module and what follows."""
    root = ROOT / "bundles" / bundle
    files = [str(root / "configs" / f"{config}.json") for config in configs]
    given = {"config_file": files, "bundle_root": root, "logging_file": False, **keys}
    words = ["monai.bundle", "run"]
    for key, value in given.items():
        words += [f"--{key}", str(value)]
    return words


def start(
    words: Sequence[str | Path],
    folder: Path,
    environment: Mapping[str, str] | None = None,
    **limits: Any,
) -> Warm:
    """Start a module with its words in a warm process, which ends as an interpreter does.

    Args:
        words: module, and what follows.
        folder: to start it in.
        environment: variables beside those of this process.
        limits: see ``under.py``.
    """
    if limits:
        words = ["under", json.dumps({"folder": str(folder), **limits}), *words]
        folder = Path(__file__).parent
    return Entire([*PYTHON, *words], folder, {**_ONE, **(environment or {})})


def finish(process: Warm) -> subprocess.CompletedProcess[str]:
    """Wait for the end.

    Raises:
        FailedError: it hangs.
    """
    try:
        return process.finish(LIMIT_S)
    except subprocess.TimeoutExpired as error:
        raise FailedError(HANG, f"{' '.join(process.args[4:7])} ... after {LIMIT_S} s") from error
    finally:
        process.end()


def run(
    words: Sequence[str | Path],
    folder: Path,
    environment: Mapping[str, str] | None = None,
    **limits: Any,
) -> subprocess.CompletedProcess[str]:
    """Start a command and wait for its end."""
    return finish(start(words, folder, environment, **limits))


def run_well(
    words: Sequence[str | Path], folder: Path, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """The same for what has to end well.

    Raises:
        FailedError: it does not.
    """
    done = run(words, folder, environment)
    if done.returncode:
        raise FailedError(TRACEBACK, f"ended with {done.returncode}: {said(done)}")
    return done


def wait_until(process: Warm, reached: Callable[[], bool]) -> bool:
    """Wait until something is seen while a command runs; whether it was, before its end."""
    until = time.monotonic() + LIMIT_S
    while process.poll() is None and time.monotonic() < until:
        if reached():
            return True
        time.sleep(0.01)
    return False


def wait_for_work(process: Warm) -> bool:
    """Wait until a command has begun, which is when it listens to signals; whether it has.

    Before that, it imports what it needs, and a signal ends it as any process that does nothing.
    """
    return wait_until(process, lambda: signal.SIGTERM in _caught(process.pid))


def _caught(process: int) -> list[int]:
    """Signals that a process that lives has handlers for."""
    mask = int(_status(process, "SigCgt") or "0", 16)
    return [number for number in range(1, 65) if mask >> number - 1 & 1]


def _status(process: int, key: str) -> str:
    """The word that the system has for a key of a process; empty once it has ended."""
    try:
        text = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    return next((word for word in re.findall(rf"^{key}:\s*(\w+)", text, re.M)), "")


@contextmanager
def stopped(process: Warm) -> Iterator[bool]:
    """Let a command stand still meanwhile; whether it had not ended before."""
    process.send_signal(signal.SIGSTOP)
    alive = wait_until(process, lambda: _status(process.pid, "State") == "T")
    try:
        yield alive
    finally:
        process.send_signal(signal.SIGCONT)


def kill(process: Warm) -> bool:
    """SIGKILL a command, loader's workers and all; whether it had not ended before."""
    process.end()
    return process.wait(LIMIT_S) == -signal.SIGKILL


def said(done: subprocess.CompletedProcess[str]) -> str:
    """What stood on standard error, in one line."""
    return " | ".join(_lines(done))


def _lines(done: subprocess.CompletedProcess[str]) -> list[str]:
    lines = [line.rstrip() for line in done.stderr.splitlines() if line.strip()]
    return [line for line in lines if not _PASSED_OVER.search(line)]


def clear_line(
    done: subprocess.CompletedProcess[str], *names: str, status: int = 1, beside: str = ""
) -> str:
    """The one line that a command ended with.

    Args:
        done: the command.
        names: what the line must hold: regular expressions of file and cause.
        status: that it has to exit with.
        beside: expression of further lines that are in order, such as one for each scan.

    Raises:
        FailedError: another status, more or fewer lines, or a line without one of ``names``.
    """
    lines = _lines(done)
    if beside:
        lines = [line for line in lines if not re.search(beside, line)]
    text = " | ".join(lines)
    if done.returncode != status:
        raise FailedError(
            TRACEBACK, f"ended with {done.returncode}, not {status}: {text[-_LONGEST:]}"
        )
    if len(lines) != 1 or DEBUG in text or len(text) > _LONGEST:
        raise FailedError(TRACEBACK, f"{len(lines)} lines: {text[-_LONGEST:]}")
    if missing := [name for name in names if not re.search(name, text)]:
        raise FailedError(TRACEBACK, f"{missing[0]!r} is not named: {text}")
    return text.removeprefix("medssl: ")


def new_process(
    words: Sequence[str | Path],
    folder: Path,
    environment: Mapping[str, str] | None = None,
    before: Sequence[str] = (),
) -> subprocess.CompletedProcess[str]:
    """Run a module in a new interpreter, ``before`` which other words may stand.

    Args:
        words: module, and what follows.
        folder: to start it in.
        environment: all of its variables; by default those of this process.
        before: a launcher and its options.

    Raises:
        FailedError: it hangs.
    """
    variables = {**(os.environ if environment is None else environment), **_ONE}
    try:
        return subprocess.run(
            [*before, *PYTHON, *words],
            cwd=folder,
            env=variables,
            capture_output=True,
            encoding="utf-8",
            errors="backslashreplace",
            check=False,
            timeout=LIMIT_S,
        )
    except subprocess.TimeoutExpired as error:
        raise FailedError(HANG, f"{words[0]} ... after {LIMIT_S} s") from error
