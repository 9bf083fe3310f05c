"""``medssl study start``: Snakemake on a plan, alone in its folder."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from ..errors import UserError
from ..store.lock import lock_folder, release_folder
from .ask import SOCKET
from .engine import DEAF, run_engine
from .profiles import find_profile, is_local

ENGINE = ".engine"  # held by Snakemake, and by who started it
# What the warm server does before its first import, as Ctrl-C is for who started it.
_IGNORING = partial(signal.signal, signal.SIGINT, signal.SIG_IGN)
_PATIENCE = 120.0  # seconds for the warm server to import everything


def study_folder() -> Path:
    """The folder ``study`` of this checkout.

    Raises:
        UserError: the library was installed without it.
    """
    folder = Path(__file__).resolve().parents[3] / "study"
    if not (folder / "Snakefile").is_file():
        raise UserError(f"{folder}: no Snakefile there; run studies from a checkout of the project")
    return folder


def find_engine() -> tuple[str, Path]:
    """Snakemake, and the folder ``study`` of this checkout.

    Raises:
        UserError: one of them is not there.
    """
    folder = study_folder()
    beside = Path(sys.executable).with_name("snakemake")
    engine = str(beside) if beside.is_file() else shutil.which("snakemake")
    if engine is None:
        raise UserError(
            "snakemake: not installed; `pip install -r requirements-study.txt` installs it"
        )
    return engine, folder


def command(
    engine: str, study: Path, folder: Path, profile: str, only: Sequence[str], cores: int, gpus: int
) -> list[str]:
    """The command line of Snakemake.

    Args:
        engine: its executable.
        study: folder ``study`` of the checkout.
        folder: of the plan.
        profile: see :func:`~.profiles.find_profile`.
        only: experiments; none means all.
        cores: runs at once on this machine.
        gpus: of each run.
    """
    settings = {"python": sys.executable, "only": ",".join(only), "gpus": str(gpus)}
    return engine_words(engine, study, "Snakefile", folder, profile, cores, settings)


def engine_words(
    engine: str,
    study: Path,
    snakefile: str,
    folder: Path,
    profile: str,
    cores: int,
    settings: Mapping[str, str],
) -> list[str]:
    """Words that start Snakemake on a file of the folder ``study``; the rest as :func:`command`."""
    words = [engine, "--snakefile", str(study / snakefile), "--directory", str(folder)]
    words += ["--profile", str(find_profile(profile, study))]
    if is_local(profile, study):
        words += ["--cores", str(cores)]
    return [*words, "--config", *(f"{key}={value}" for key, value in settings.items())]


def start(
    folder: Path,
    only: Sequence[str] = (),
    profile: str = "local",
    cores: int = 1,
    gpus: int = 1,
    dry_run: bool = False,
    warm: bool = False,
) -> int:
    """Run what is missing of a plan; the exit status of Snakemake.

    Args:
        folder: with ``plan.json``.
        only: experiments; none means all.
        profile: see :func:`command`.
        cores: see :func:`command`.
        gpus: see :func:`command`.
        dry_run: say what would be run.
        warm: fork runs from one process that has everything imported; on CPUs.

    Raises:
        UserError: no Snakemake, or another process is at this study (:func:`alone`).
    """
    engine, study = find_engine()
    words = command(engine, study, folder, profile, only, cores, gpus)
    with alone(words, folder) as inherited:
        if dry_run:
            return run_engine([*words, "--dry-run"], inherited)
        with warm_server() if warm else unchanged() as environment:
            return run_engine(words, inherited, environment)


@contextmanager
def alone(words: Sequence[str], folder: Path) -> Iterator[tuple[int, ...]]:
    """Hold a folder for the engine; yields what the engine has to inherit (``pass_fds``).

    Snakemake's own lock, which a killed one leaves behind, is taken away where no other one lives.

    Args:
        words: that start the engine, see :func:`engine_words`.
        folder: that it works in; it must be there.

    Raises:
        UserError: another process is at this folder, or the engine of a start that was killed.
    """
    lock_folder(folder)
    try:
        with _held_by_engine(folder) as inherited:
            if any((folder / ".snakemake" / "locks").glob("*")):
                subprocess.run(
                    [*words, "--unlock"], check=True, capture_output=True, preexec_fn=DEAF
                )
            yield inherited
    finally:
        release_folder(folder)


@contextmanager
def _held_by_engine(folder: Path) -> Iterator[tuple[int, ...]]:
    """A lock that the engine inherits: it is gone when both this process and the engine are.

    Raises:
        UserError: the engine of a start that was killed is still at work.
    """
    if sys.platform == "win32":
        yield ()
        return
    import fcntl

    with (folder / ENGINE).open("a") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise UserError(
                f"{folder}: Snakemake of an earlier start is still at work there; wait until it "
                "has ended, or stop it"
            ) from error
        yield (stream.fileno(),)


@contextmanager
def unchanged() -> Iterator[dict[str, str]]:
    """The environment as it is."""
    yield dict(os.environ)


@contextmanager
def warm_server() -> Iterator[dict[str, str]]:
    """An environment in which runs are forked from a server that lives as long as the block.

    Raises:
        UserError: it does not start.
    """
    if not hasattr(os, "fork"):
        with unchanged() as environment:
            yield environment
        return
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch) / "socket"
        words = [sys.executable, "-W", "ignore", "-m", "medssl.study.warm", str(place)]
        server = subprocess.Popen(words, preexec_fn=_IGNORING)
        try:
            until = time.monotonic() + _PATIENCE
            while not place.exists():
                if server.poll() is not None or time.monotonic() > until:
                    raise UserError("the warm server does not start; leave --warm out")
                time.sleep(0.1)
            yield {**os.environ, SOCKET: str(place)}
        finally:
            server.terminate()
            server.wait()
