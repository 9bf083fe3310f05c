"""A mutant's tests, in a fork that imports it in place of the module."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import os
import resource
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from signal import SIGABRT, SIGALRM, SIGBUS, SIGFPE, SIGSEGV, SIGXCPU
from types import ModuleType

from mutants_made import Mutant

LIBRARIES = (
    *("numpy", "scipy.ndimage", "torch", "numba", "nibabel", "pydicom", "itk", "monai.bundle"),
    *("monai.transforms", "monai.data", "ignite.engine", "sklearn.metrics", "skimage.metrics"),
    *("pytest", "xdist"),
)
CPU_SECONDS = 30  # beyond what the tests take without a change: for loops that do not end
COMPILING_S = 60  # beyond these, where all loops over voxels are compiled anew
MEMORY = 24 << 30  # of addresses
WALL_S = 3600  # for what waits without end, and takes no time of the CPU
UNSEEN = 71  # exit status of tests that pass without the mutant; none of pytest's
# A test fails, or cannot be imported, or its conftest cannot; no end; a crash of compiled code.
# An error of pytest itself (3), no tests (5) and a kill from outside are no answer, and so count
# as if no test had noticed.
NOTICED = (1, 2, 4, *(-end for end in (SIGXCPU, SIGALRM, SIGSEGV, SIGBUS, SIGABRT, SIGFPE)))


class _Instead(importlib.abc.MetaPathFinder, importlib.abc.SourceLoader):
    """Finds one module alone, with another source."""

    def __init__(self, name: str, mutant: Mutant) -> None:
        self.name, self.mutant = name, mutant
        self.imported = False

    def find_spec(
        self, name: str, _path: object = None, _target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != self.name:
            return None
        place = self.mutant.path
        inside = [str(place.parent)] if place.name == "__init__.py" else None
        return importlib.util.spec_from_file_location(
            name, place, loader=self, submodule_search_locations=inside
        )

    def get_filename(self, _fullname: str) -> str:
        return str(self.mutant.path)

    def get_data(self, _path: str | bytes) -> bytes:
        self.imported = True
        return self.mutant.source.encode()


@contextmanager
def compiled_anew() -> Iterator[None]:
    """Nothing that numba has compiled before: its cache does not see that a number changed.

    All loops, as those of other modules hold what they call of a mutant.
    """
    from numba.core import config

    with tempfile.TemporaryDirectory(prefix="medssl-mutant-") as folder:
        os.environ["NUMBA_CACHE_DIR"] = folder
        config.reload_config()
        yield


def status_of(root: Path, tests: Sequence[Path], mutant: Mutant, cpu_s: float) -> int:
    """Exit status of tests: 0 where all pass, of ``NOTICED`` where they notice a change.

    Args:
        root: of the repository.
        tests: files, in this order.
        mutant: instead of its module; one with the module's own source is the control.
        cpu_s: the most that they may take; a mutant that takes more is noticed, as is one that
            waits for ``WALL_S``.

    Raises:
        SystemExit: they pass and have never imported the mutant, so that they say nothing of it.
    """
    child = os.fork()
    if child:
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        with suppress(ProcessLookupError):  # what a test has left behind
            os.killpg(child, signal.SIGKILL)
        if status == UNSEEN:
            raise SystemExit(f"{mutant.path}: {tests[0]} passes and does not import it")
        return status
    status = 70
    try:
        status = _test(root, tests, mutant, cpu_s)
    finally:
        os._exit(status)


def _test(root: Path, tests: Sequence[Path], mutant: Mutant, cpu_s: float) -> int:
    import pytest

    os.setpgid(0, 0)
    signal.alarm(WALL_S)
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    loops = "@compiled" in mutant.source
    most = int(cpu_s) + COMPILING_S * loops
    resource.setrlimit(resource.RLIMIT_CPU, (most + 1, most + 2))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    os.chdir(root)
    words = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *map(str, tests)]
    with compiled_anew() if loops else nullcontext(), _in_place(root, mutant) as finder:
        status = int(pytest.main(words))
    return status if status or finder.imported else UNSEEN


@contextmanager
def _in_place(root: Path, mutant: Mutant) -> Iterator[_Instead]:
    """Whoever imports its module from here on has the mutant, also where it was there before."""
    parts = mutant.path.relative_to(root / "shared").with_suffix("").parts
    finder = _Instead(".".join(parts).removesuffix(".__init__"), mutant)
    for name in [name for name in sys.modules if name.split(".")[0] == parts[0]]:
        del sys.modules[name]
    sys.meta_path.insert(0, finder)
    yield finder
