"""Skips and fixtures that hold for all tests."""

import gc
import logging
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from multiprocessing.util import Finalize
from pathlib import Path

import numpy as np
import pytest
import torch

from medssl.processes import usable_cpus
from medssl.signals import ASKED_TO_END
from tests.scans import save_nifti, small_ct
from tests.sources.server import Server
from tests.warm import PLACE

MEMORY = Path("/dev/shm")
ROOM = 4 << 30  # bytes; the tests' folders take an eighth of it at most
OURS = pytest.StashKey[Path | None]()
NAMED = "medssl-tests-of-"  # the folder of the session of a process


def in_memory(folder: Path) -> bool:
    """Whether a folder in memory can hold what the tests write: thousands of folders, and syncs."""
    if not (folder.is_dir() and os.access(folder, os.W_OK)):
        return False
    told = os.statvfs(folder)
    return told.f_bavail * told.f_frsize > ROOM and not told.f_flag & os.ST_NOEXEC


def make_ours(memory: Path) -> Path:
    """A folder for this session; those of sessions that are over, killed or failed, go."""
    for folder in memory.glob(f"{NAMED}*"):
        if not Path("/proc", folder.name.removeprefix(NAMED)).exists():
            shutil.rmtree(folder, ignore_errors=True)
    ours = memory / f"{NAMED}{os.getpid()}"
    ours.mkdir(mode=0o700, exist_ok=True)
    return ours


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """What failed may be looked at until the next session."""
    if exitstatus and OURS in session.config.stash:
        session.config.stash[OURS] = None


def pytest_configure(config: pytest.Config) -> None:
    """Choose where warm commands are asked for, once for all workers of the session."""
    gc.disable()  # until all is imported: there is no garbage among it
    logging.root.addHandler(logging.NullHandler())  # else errors that are logged go to stderr
    if not hasattr(config, "workerinput"):
        if "TMPDIR" not in os.environ and in_memory(MEMORY):
            config.stash[OURS] = make_ours(MEMORY)
            os.environ["TMPDIR"], tempfile.tempdir = str(config.stash[OURS]), None
        os.environ[PLACE] = tempfile.mkdtemp(prefix="medssl-tests-")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One more than cores: many tests wait for processes of theirs, which wait for each other."""
    return usable_cpus() + 1


def pytest_collection_finish() -> None:
    """What is imported by now stays: collections of garbage need not look through it again."""
    gc.freeze()
    gc.enable()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave nothing behind, and no garbage to be looked for at an interpreter's end."""
    gc.freeze()
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ.pop(PLACE), ignore_errors=True)
        if OURS in config.stash:
            del os.environ["TMPDIR"]
            tempfile.tempdir = None
        if ours := config.stash.get(OURS, None):
            # At the very end: the folder of multiprocessing, which goes before (-100), is in it.
            Finalize(None, shutil.rmtree, (ours, True), exitpriority=-200)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs a GPU where there is none, so that ``pytest -m gpu`` says so."""
    if torch.cuda.is_available():
        return
    for item in items:
        if item.get_closest_marker("gpu"):
            item.add_marker(pytest.mark.skip(reason="needs a CUDA device"))


@pytest.fixture
def own_signals(monkeypatch) -> Iterator[None]:
    """Signals as an interpreter in a terminal has them; what a test does to them is undone.

    Under ``nohup``, and in the background of a shell, some are ignored.
    """
    monkeypatch.setattr("sys.unraisablehook", sys.__unraisablehook__)
    heard = (*ASKED_TO_END, signal.SIGCHLD)
    former = {each: signal.getsignal(each) for each in heard}
    for each in ASKED_TO_END:
        usual = signal.default_int_handler if each == signal.SIGINT else signal.SIG_DFL
        signal.signal(each, usual)
    yield
    for each, handler in former.items():
        signal.signal(each, handler)


@pytest.fixture
def warned() -> Iterator[list[str]]:
    """What medssl's loggers warn of; for pytest's ``caplog`` every test looks at each logger."""
    lines: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    logger = logging.getLogger("medssl")
    logger.addHandler(handler)
    yield lines
    logger.removeHandler(handler)


@pytest.fixture
def scans(tmp_path) -> Path:
    """Six labelled scans ``case<i>/ct.nii.gz`` with two boxes each, and one without label."""
    folder = tmp_path / "scans"
    for i in range(7):
        array = small_ct((14 + i, 12, 10), seed=i)
        save_nifti(folder / f"case{i}" / "ct.nii.gz", array, np.diag([1, 1, 1.5, 1.0]))
        if i < 6:
            label = np.zeros(array.shape, np.uint8)
            label[2:5, 2:5, 2:4] = 1
            label[8:10, 7:10, 5:9] = 2
            save_nifti(folder / f"case{i}" / "nodules.nii.gz", label, np.diag([1, 1, 1.5, 1.0]))
    return folder


@pytest.fixture
def server():
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield running
        running.shutdown()
