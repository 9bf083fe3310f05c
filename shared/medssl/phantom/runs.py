"""Writing many phantoms to a folder: in several processes, and going on after a stop."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import as_completed
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from ..bars import progress_bar
from ..errors import UserError
from ..files import make_folder, write_text
from ..processes import processes

README = "README.txt"
Job = TypeVar("Job")


@dataclass(frozen=True)
class PhantomJob:
    """What determines one scan of any layout; equal jobs give equal files.

    Attributes:
        index: of the scan in its folder.
        seed: first of the folder's seeds.
        spacing_mm: voxel size (x, y, z); None draws it.
        field_of_view_mm: extent (x, y, z); None draws it.
    """

    index: int
    seed: int
    spacing_mm: tuple[float, float, float] | None
    field_of_view_mm: tuple[float, float, float] | None


def claim_folder(output: Path, readme: str, others: Sequence[Path]) -> None:
    """Make the folder and write ``README.txt``, by which a run that was stopped goes on there.

    Args:
        output: folder to write to: not there, empty, or of phantoms of this kind.
        readme: text that says what the folder holds; its first paragraph names the kind.
        others: scans in the folder which the jobs would not write.

    Raises:
        UserError: ``output`` is a file, holds anything else, or ``others``; nothing is written.
    """
    if output.exists() and not output.is_dir():
        raise UserError(f"{output}: expected a folder; give another --output")
    if not _is_empty(output) and not _is_of(output / README, readme):
        raise UserError(
            f"{output}: neither empty nor a folder of these phantoms (by its {README}); give an "
            "empty --output"
        )
    if others:
        raise UserError(
            f"{output}: holds {len(others)} scans of other settings or more scans than asked for "
            f"(such as {others[0].name}); give an empty --output or remove that folder"
        )
    make_folder(output)
    write_text(output / README, readme)


def _is_empty(output: Path) -> bool:
    """Whether there is nothing but hidden files, such as of a ``README.txt`` that was not ended."""
    return not output.is_dir() or all(path.name.startswith(".") for path in output.iterdir())


def _is_of(path: Path, readme: str) -> bool:
    """Whether a file begins with the first paragraph of a text, which names the kind."""
    if not path.is_file():
        return False
    there = path.read_text(encoding="utf-8", errors="replace")
    return there.partition("\n\n")[0] == readme.partition("\n\n")[0]


def write_phantoms(
    output: Path,
    jobs: Sequence[Job],
    is_complete: Callable[[Path, Job], bool],
    write: Callable[[Path, Job], None],
    workers: int,
) -> None:
    """Write the scans that are not complete yet.

    Args:
        output: see :func:`claim_folder`, which comes first.
        jobs: what determines each scan.
        is_complete: whether ``output`` holds a job's scan.
        write: writes a job's scan; a function of a module.
        workers: processes.
    """
    todo = [job for job in jobs if not is_complete(output, job)]
    with progress_bar(
        total=len(jobs), initial=len(jobs) - len(todo), desc="phantom", unit="scan"
    ) as bar:
        for _ in _run(output, todo, write, workers):
            bar.update()


@dataclass(frozen=True)
class ScanFiles:
    """The files of a scan that lies in ``imagesTr`` and ``labelsTr``, or in ``imagesTs``.

    Attributes:
        images: of its channels.
        label: its label map; None where it has none.
        truth: written last; its settings, and the ``bytes`` of each image.
    """

    images: tuple[Path, ...]
    label: Path | None
    truth: Path

    @property
    def sizes(self) -> list[int]:
        """Bytes of the images, which must be there."""
        return [path.stat().st_size for path in self.images]

    @property
    def complete(self) -> bool:
        """Whether all files are there, and the images as long as they were written."""
        written = [*self.images, *([] if self.label is None else [self.label])]
        there = all(path.is_file() for path in written)
        return there and self.sizes == read_truth(self.truth).get("bytes")


def strangers(output: Path, files: Sequence[tuple[PhantomJob, ScanFiles]]) -> list[Path]:
    """The scans in the folder that no job would write, or not with its settings."""
    found = {*output.glob("imagesTr/*.nii.gz"), *output.glob("imagesTs/*.nii.gz")}
    for job, scan in files:
        if read_truth(scan.truth).get("settings", settings_of(job)) == settings_of(job):
            found.difference_update(scan.images)
    return sorted(found)


def phantom_seed(seed: int, index: int) -> int:
    """The seed of a folder's scan ``index``."""
    return int(np.random.SeedSequence((seed, index)).generate_state(1)[0])


def settings_of(job: PhantomJob) -> dict[str, object]:
    """The job as its scan's truth file gives it back."""
    settings: dict[str, object] = json.loads(json.dumps(asdict(job)))
    return settings


def read_truth(path: Path) -> dict[str, Any]:
    """Return what a truth file says of a scan, nothing where the scan is not complete."""
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}


def _run(
    output: Path, jobs: Sequence[Job], write: Callable[[Path, Job], None], workers: int
) -> Iterator[None]:
    if min(workers, len(jobs)) <= 1:
        for job in jobs:
            write(output, job)
            yield
        return
    with processes(min(workers, len(jobs)), modules=(__name__,)) as pool:
        for future in as_completed([pool.submit(write, output, job) for job in jobs]):
            future.result()
            yield
