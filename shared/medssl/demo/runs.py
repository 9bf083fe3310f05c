"""Bundles run by MONAI's own ``run``, one here or several side by side."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..bars import progress_bar
from ..errors import UserError
from ..processes import processes, usable_cpus
from .folders import TASK


def find_bundles() -> Path:
    """The ``bundles`` folder of this checkout.

    Raises:
        UserError: the library was installed without it.
    """
    folder = Path(__file__).resolve().parents[3] / "bundles"
    if not (folder / TASK).is_dir():
        raise UserError(f"{folder}: no bundles there; run the demo from a checkout of the project")
    return folder


@dataclass(frozen=True)
class Run:
    """One run of a bundle: its name, its config files in order, and keys set on top of them."""

    bundle: str
    configs: tuple[str, ...]
    keys: dict[str, Any] = field(default_factory=dict)

    @property
    def root(self) -> Path:
        return find_bundles() / self.bundle

    @property
    def files(self) -> list[str]:
        return [str(self.root / "configs" / f"{config}.json") for config in self.configs]

    def command(self) -> str:
        """What to type to do the same."""
        files = self.files
        words = ["python", "-m", "monai.bundle", "run", "--bundle_root", str(self.root)]
        # In a list's quotes a path is text, of which fire reads nothing as a comment.
        words += ["--config_file", str(files) if len(files) > 1 or "#" in files[0] else files[0]]
        for key, value in self.keys.items():
            words += [f"--{key}", str(value)]
        return shlex.join(words)

    def do(self) -> None:
        """Run it in this process."""
        from ..analysis.bundles import run_here

        run_here(self.files, {"bundle_root": self.root, **self.keys})


@contextlib.contextmanager
def _written_to(log: Path) -> Iterator[None]:
    """What this process prints goes to ``log``: lines of several runs would mix on the screen."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with (
        log.open("a", encoding="utf-8") as stream,
        contextlib.redirect_stdout(stream),
        contextlib.redirect_stderr(stream),
    ):
        yield


def _work(runs: Sequence[Run], log: Path, threads: int) -> None:
    import torch

    torch.set_num_threads(threads)
    with _written_to(log):
        for run in runs:
            run.do()


def side_by_side(
    chains: Mapping[str, Sequence[Run]],
    folder: Path,
    finished: Callable[[str], str],
    workers: int = 2,
) -> None:
    """Run chains of runs, ``workers`` of them at a time, the CPUs shared out among them.

    Args:
        chains: runs that follow each other, by a name that tells them apart.
        folder: where each chain's ``NAME.log`` goes.
        finished: what to print when the chain of a name is done.
        workers: how many processes.

    Raises:
        UserError: a chain failed; its log says why.
    """
    at_once = max(1, min(workers, usable_cpus(), len(chains)))
    threads = max(1, usable_cpus() // at_once)
    with (
        processes(at_once, modules=(__name__, "monai.bundle", "ignite.engine")) as pool,
        progress_bar(total=len(chains), unit="run", desc="fine-tuning") as bar,
    ):
        jobs = {
            pool.submit(_work, runs, folder / f"{name}.log", threads): name
            for name, runs in chains.items()
        }
        for job in as_completed(jobs):
            name = jobs[job]
            if (error := job.exception()) is not None:
                pool.shutdown(cancel_futures=True)
                raise UserError(f"{name}: {error}; {folder / name}.log tells more") from error
            bar.write(f"  {name}: {finished(name)}")
            bar.update()
