"""What lies beside the results of a study and is not what their runs left there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from ..engines.evaluation import METRICS, read_evaluation
from ..errors import UserError
from .places import without_folders
from .result import RESULT, read_result
from .runs import read_plan
from .train import FIGURES, RUNS, check_weights, models_of


def doubts(study: Path) -> list[str]:
    """A line for each file of a finished run that is damaged, or not what its result is of.

    ``metrics.json`` is compared with the result. Weights are gigabytes in all, so only those are
    hashed that were written after the result, which is written last. What is not there, as beside
    results that were kept, is not judged.

    Args:
        study: folder with ``plan.json``.

    Raises:
        UserError: no plan there, or a ``result.json`` that is damaged or another run's.
    """
    plan = read_plan(study)
    found = []
    for key in plan.runs:
        if (study / RUNS / key / RESULT).is_file():
            found += [without_folders(line, plan, study) for line in _of_run(study, key)]
    return found


def _of_run(study: Path, key: str) -> Iterator[str]:
    """Lines of one run."""
    run = study / RUNS / key
    weights = models_of(study, key) / "model.pt"
    try:
        yield from _other_figures(run)
        if weights.is_file() and weights.stat().st_mtime_ns > (run / RESULT).stat().st_mtime_ns:
            check_weights(study, key)
    except UserError as error:
        yield str(error)


def _other_figures(run: Path) -> Iterator[str]:
    """A line where ``metrics.json`` has another figure than the result."""
    path, metrics = run / FIGURES / METRICS, read_result(run)["metrics"]
    mend = f"remove {run / RESULT}, and start the study again"
    try:
        figures = read_evaluation(path.parent) if path.is_file() else {}
    except UserError:
        yield f"{path}: damaged; {mend}"
        return
    # As text, because NaN is not NaN.
    other = [name for name in figures if _text(figures[name]) != _text(metrics.get(name))]
    if other:
        yield f"{path}: {other[0]} is not as in {run / RESULT}, one of them was changed; {mend}"


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True)
