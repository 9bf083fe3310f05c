"""Small results of a study kept elsewhere, and brought back: what was run is not run twice."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path

from ..errors import UserError
from ..files import make_folder, write_atomically
from .result import RESULT, read_result
from .runs import Plan, read_plan
from .train import FIGURES, OUTCOMES, RUNS, check_outcomes

# Cases first: a run counts as done when its result is there.
SMALL = (f"{FIGURES}/{OUTCOMES}", RESULT)
PICTURE = 1_000_000  # bytes of a picture that is kept: Grad-CAM maps, restored crops


def keep(folder: str | Path, place: str | Path) -> list[str]:
    """Copy figures and small pictures of all finished runs; weights and checkpoints stay.

    A picture is kept up to ``PICTURE`` bytes; of a larger one its place is printed.

    Args:
        folder: of the study, with ``plan.json``.
        place: where to put them, one folder for each run; it can be kept under version control.

    Returns:
        Keys of the runs that are new there.

    Raises:
        UserError: no plan there, a place in the study's own folder, or a result that is damaged or
            another run's.
    """
    source, plan = Path(folder) / RUNS, read_plan(folder)
    _refuse_own(place, folder)
    return [key for key in plan.runs if _copy(source / key, Path(place) / key)]


def bring(place: str | Path, folder: str | Path) -> list[str]:
    """Put kept figures where a study looks for them, so that it runs what is missing alone.

    What somebody still needs the weights of is left out: these were not kept, so it is run again.

    Args:
        place: see :func:`keep`; nothing is brought where it is missing or of another study.
        folder: of the study, with ``plan.json``.

    Returns:
        Keys of the runs that are new there.

    Raises:
        UserError: see :func:`keep`.
    """
    source, goal, plan = Path(place), Path(folder) / RUNS, read_plan(folder)
    _refuse_own(place, folder)
    kept = {key for key in plan.runs if (source / key / RESULT).is_file()}
    there = {key for key in plan.runs if (goal / key / RESULT).is_file()}
    wanted = kept - _needed_weights(plan, kept, there)
    return [key for key in plan.runs if key in wanted and _copy(source / key, goal / key)]


def _refuse_own(place: str | Path, folder: str | Path) -> None:
    """Refuse a file, and a place in the study's own folder, which goes when the study goes."""
    if Path(place).exists() and not Path(place).is_dir():
        raise UserError(f"{place}: no folder; name another one")
    if Path(place).resolve().is_relative_to(Path(folder).resolve()):
        raise UserError(f"{place}: in the study itself; name a folder apart from it")


def _needed_weights(plan: Plan, kept: set[str], there: set[str]) -> set[str]:
    """Runs that something rests on which has to be run, be it because of its own weights."""
    needed: set[str] = set()
    for key, run in reversed(plan.runs.items()):  # those that rest on others come first
        if key not in there and (key not in kept or key in needed):
            needed.update(run.upstream)
    return needed


def _copy(source: Path, goal: Path) -> bool:
    """Copy a finished run's figures, unless there are some; whether it did.

    Raises:
        UserError: its result, or the one that is there, or its table of cases is damaged, or
            another run's.
    """
    if not (source / RESULT).is_file():
        return False
    if (goal / RESULT).is_file():
        check_outcomes(goal, read_result(goal))
        if (goal / RESULT).read_bytes() != (source / RESULT).read_bytes():
            print(f"{goal / RESULT}: stays, and differs from {source / RESULT}")
        return False
    check_outcomes(source, read_result(source))
    for name in (*_pictures(source), *SMALL):
        if (source / name).is_file():
            make_folder((goal / name).parent)
            write_atomically(goal / name, partial(shutil.copyfile, source / name))
    return True


def _pictures(run: Path) -> list[str]:
    """Pictures of a run that are small enough."""
    found = []
    for path in sorted((run / FIGURES).glob("*.png")):
        if path.stat().st_size <= PICTURE:
            found.append(f"{FIGURES}/{path.name}")
        else:
            print(f"{path}: not kept, a picture of more than {PICTURE / 1e6:g} MB")
    return found
