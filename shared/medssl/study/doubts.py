"""What lies beside the results of a study and is not what their runs left there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..engines.evaluation import METRICS, read_evaluation
from ..errors import UserError
from .made_with import mixtures
from .places import without_folders
from .result import RESULT, read_result
from .runs import FINETUNE, PRETRAIN, Run, read_plan
from .train import FIGURES, RUNS, check_outcomes, check_weights, models_of


def doubts(study: Path) -> list[str]:
    """A line for each file of a finished run that is damaged, or not what its result is of.

    Where there is none, what runs were made with that others were not, see
    :func:`~.made_with.mixtures`.

    ``metrics.json`` and the table of cases are compared with the result. Weights are gigabytes in
    all, so only those are hashed that were written after the result, which is written last.
    Weights and ``metrics.json`` that are not there, as beside results that were kept, are not
    judged.

    Args:
        study: folder with ``plan.json``.

    Raises:
        UserError: no plan there.
    """
    plan = read_plan(study)
    found = []
    for run in plan.runs.values():
        if (study / RUNS / run.key / RESULT).is_file():
            found += [without_folders(line, plan, study) for line in _of_run(study, run)]
    return found or mixtures(plan, study)


def _of_run(study: Path, run: Run) -> Iterator[str]:
    """Lines of one run."""
    folder, weights = study / RUNS / run.key, models_of(study, run.key) / "model.pt"
    try:
        result = read_result(folder)
        yield from _other_figures(run, folder, result["metrics"])
        check_outcomes(folder, result)
        if weights.is_file() and weights.stat().st_mtime_ns > (folder / RESULT).stat().st_mtime_ns:
            check_weights(study, run.key)
    except UserError as error:
        yield str(error)


def _other_figures(run: Run, folder: Path, metrics: dict[str, Any]) -> Iterator[str]:
    """A line where ``metrics.json`` has another figure than the result, or lacks one."""
    path = folder / FIGURES / METRICS
    mend = f"remove {folder / RESULT}, and start the study again"
    if not path.is_file():
        return
    try:
        figures = read_evaluation(path.parent)
    except UserError:
        yield f"{path}: damaged; {mend}"
        return
    # Measurements have more to say than their evaluation.
    wanted = {*figures, *metrics} if run.kind in (PRETRAIN, FINETUNE) else set(figures)
    # As text, because NaN is not NaN.
    other = sorted(name for name in wanted if _text(figures, name) != _text(metrics, name))
    if other:
        yield f"{path}: {other[0]} is not as in {folder / RESULT}, one of them was changed; {mend}"


def _text(figures: dict[str, Any], name: str) -> str:
    return json.dumps(figures[name], sort_keys=True) if name in figures else ""
