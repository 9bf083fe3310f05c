"""Snakemake as a process that ends, with all that it has started, when this one is asked to."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial

# What an engine does before its first import: Ctrl-C waits until interrupts.smk lets it in.
DEAF = (
    None
    if sys.platform == "win32"
    else partial(signal.pthread_sigmask, signal.SIG_BLOCK, {signal.SIGINT})
)


def run_engine(
    words: Sequence[str], inherited: Sequence[int], environment: Mapping[str, str] | None = None
) -> int:
    """Run Snakemake and wait for it; its exit status.

    A signal that asks this process to end goes on to Snakemake and its runs, whether or not it came
    to them as well: these leave a checkpoint, and are waited for. Whoever asks again does not wait,
    and they are killed.

    Args:
        words: see :func:`~.start.engine_words`.
        inherited: files that it keeps open, see :func:`~.start.alone`.
        environment: of the process; None: as here.
    """
    engine = subprocess.Popen(words, env=environment, pass_fds=inherited, preexec_fn=DEAF)
    try:
        return engine.wait()
    except BaseException:
        _end(engine)
        raise


def _end(engine: subprocess.Popen[bytes]) -> None:
    try:
        _send(engine, signal.SIGTERM)
        engine.wait()
    except BaseException:
        _send(engine, signal.SIGKILL)
        raise


def _send(engine: subprocess.Popen[bytes], number: int) -> None:
    """A signal to an engine, which else would try a run again that ends, and then to the others."""
    import psutil  # which Snakemake needs as well

    with suppress(psutil.NoSuchProcess):
        first = psutil.Process(engine.pid)
        for process in (first, *first.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)
