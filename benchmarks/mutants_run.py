"""A mutant's tests, in a fork that imports it in place of the module."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import os
import resource
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
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
UNSEEN = 71  # exit status of tests that pass without the mutant; none of pytest's


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


def passes(root: Path, tests: Sequence[Path], mutant: Mutant | None, cpu_s: float) -> bool:
    """Whether all these tests pass.

    Args:
        root: of the repository.
        tests: files, in this order.
        mutant: instead of its module; None: as all is.
        cpu_s: the most that they may take; a mutant that takes more is noticed.

    Raises:
        SystemExit: they pass and have never imported the mutant, so that they say nothing of it.
    """
    child = os.fork()
    if child:
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if status == UNSEEN and mutant is not None:
            raise SystemExit(f"{mutant.path}: {tests[0]} passes and does not import it")
        return status == 0
    status = 70
    try:
        status = _test(root, tests, mutant, cpu_s)
    finally:
        os._exit(status)


def _test(root: Path, tests: Sequence[Path], mutant: Mutant | None, cpu_s: float) -> int:
    import pytest

    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    loops = mutant is not None and "@compiled" in mutant.source
    most = int(cpu_s) + COMPILING_S * loops
    resource.setrlimit(resource.RLIMIT_CPU, (most + 1, most + 2))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    os.chdir(root)
    words = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *map(str, tests)]
    with compiled_anew() if loops else nullcontext():
        if mutant is None:
            return int(pytest.main(words))
        with _in_place(root, mutant) as finder:
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
