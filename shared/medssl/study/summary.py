"""What a study consists of, in a table, before anything starts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from ..engines.guard import did_you_mean
from ..errors import UserError
from ..files import read_object
from .contents import place_data, read_digests
from .cost import read_costs, say_costs
from .plan import make_plan
from .result import RESULT
from .runs import FINETUNE, PLAN, PRETRAIN, Plan
from .settings import read_settings
from .train import RUNS


def write_plan(
    study: str | Path, data: str | Path | None, output: str | Path | None, only: Sequence[str]
) -> tuple[Plan, Path, str]:
    """Plan a study and write its ``plan.json``.

    Args:
        study: YAML file.
        data: folder beneath which its data lie; by default the current one.
        output: folder of the study; by default ``runs/study/NAME``.
        only: experiments to count.

    Returns:
        The plan, its folder and a table of what there is to do.

    Raises:
        UserError: see :func:`~.plan.make_plan` and :func:`~.tables.fitting.check_tables`, an
            experiment that the study does not have, or a folder with another plan.
    """
    settings = place_data(read_settings(study), data)
    found = make_plan(settings, read_digests(settings), str(study))
    if find_spec("pandas") is not None:  # of the extra `study`, which starting needs at the latest
        from .tables.fitting import check_tables

        check_tables(found, str(study))
    for name in only:
        if name not in found.experiments:
            hint = did_you_mean(name, found.experiments, "")
            known = ", ".join(found.experiments)
            raise UserError(f"only: {name}: no such experiment{hint}; expected some of {known}")
    folder = Path(output or Path("runs") / "study" / found.name).absolute()
    _refuse_another(folder, found.name)
    found.write(folder)
    return found, folder, summarise(found, folder, only)


def _refuse_another(folder: Path, name: str) -> None:
    """Refuse the folder of another study's plan; one that cannot be read is written anew.

    Raises:
        UserError: naming it.
    """
    path = folder / PLAN
    try:
        there = read_object(path, "write it anew") if path.is_file() else {"name": name}
    except UserError:
        return
    if there.get("name") != name:
        whose = f"the plan of another study, {there['name']}" if "name" in there else "another plan"
        raise UserError(f"{path}: {whose}; name another folder with --output, or remove {path}")


def refuse_missing_data(plan: Plan, only: Sequence[str]) -> None:
    """Refuse to start where data or released weights are not there.

    Raises:
        UserError: naming the first one.
    """
    wanted = [cell.key for cell in plan.cells if not only or cell.experiment in only]
    for key in plan.needed(wanted):
        run = plan.runs[key]
        if run.content["data"] is None:
            raise UserError(
                f"{run.data}: not a prepared data set, and {key} needs it; prepare it, name "
                "the folder above with --data, or leave out what needs it with --only"
            )
        if run.weights is not None and run.content["weights"] is None:
            raise UserError(f"{run.weights}: no such file, and {key} starts from it")


def summarise(plan: Plan, folder: Path, only: Sequence[str] = ()) -> str:
    """For each experiment its cells, the runs that no experiment above it has, and those left."""
    rows = [["experiment", "cells", "pretrainings", "fine-tunings", "measurements", "to do"]]
    total: Counter[str] = Counter()
    seen: set[str] = set()
    for name in only or plan.experiments:
        cells = [cell for cell in plan.cells if cell.experiment == name]
        new = [key for key in plan.needed(cell.key for cell in cells) if key not in seen]
        seen.update(new)
        kinds = Counter(_column(plan.runs[key].kind) for key in new)
        done = sum((folder / RUNS / key / RESULT).is_file() for key in new)
        kinds |= Counter({"cells": len(cells), "to do": len(new) - done})
        total += kinds
        rows.append([name, *(str(kinds[column]) for column in rows[0][1:])])
    rows.append(["in all", *(str(total[column]) for column in rows[0][1:])])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows
    ]
    lines.append(say_costs(read_costs(folder), plan.needed(seen), plan))
    return "\n".join([*lines, *_missing(plan)])


def _missing(plan: Plan) -> list[str]:
    """What is not there yet, a line for each folder of data and each file of released weights."""
    runs = plan.runs.values()
    data = {run.data for run in runs if run.content["data"] is None}
    weights = {run.weights for run in runs if run.weights and run.content["weights"] is None}
    return [
        *(f"not prepared yet: {place}" for place in sorted(data)),
        *(f"no such file: {place}" for place in sorted(weights)),
    ]


def _column(kind: str) -> str:
    return {PRETRAIN: "pretrainings", FINETUNE: "fine-tunings"}.get(kind, "measurements")
