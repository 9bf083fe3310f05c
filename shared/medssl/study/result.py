"""What a run of a study has found, in the file that says that it is done."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..files import read_object
from ..forms import NUMBER, TEXT_OR_NOTHING, check_form
from .runs import Run

RESULT = "result.json"
OUTCOMES_SHA256 = "outcomes_sha256"  # key in it: of the table of cases that is beside it
INFEASIBLE = "infeasible"  # key in it: why the data do not hold what the run asks for
_MEND = "remove it, and start the study again"
_MADE_OF = ("kind", "bundle", "keys", "seed", "upstream", "content")  # of a run, see Run.key
_FORM = {
    **dict.fromkeys(("key", "kind", "bundle", "device", "started", "finished", INFEASIBLE), str),
    **dict.fromkeys(("run_hash", "model_sha256", OUTCOMES_SHA256), TEXT_OR_NOTHING),
    **dict.fromkeys(("training_scans", "training_patients", "steps"), int),
    **dict.fromkeys(("metrics", "keys", "content"), dict),
    **{"seconds": NUMBER, "seed": int, "versions": {str: str}, "validation": {str: [[NUMBER]]}},
}


def read_result(run: Path) -> dict[str, Any]:
    """The result of a finished run; of one that is not feasible there is the reason, and no metric.

    Args:
        run: its folder, which is named by its key.

    Raises:
        UserError: it is damaged, or another run's.
    """
    path = run / RESULT
    result = read_object(path, _MEND)
    check_form(result, _FORM, path, _MEND)
    if missing := [name for name in ("key", "metrics") if name not in result]:
        raise UserError(f"{path}: no {missing[0]} in it; {_MEND}")
    curves = result.get("validation", {}).values()
    if any(len(point) != len(("step", "value")) for curve in curves for point in curve):
        raise UserError(f"{path}: damaged (validation: expected steps and values); {_MEND}")
    if result["key"] != run.name:
        raise UserError(f"{path}: the result of another run, {result['key']}; {_MEND}")
    return result


def result_of(run: Run, folder: Path) -> dict[str, Any]:
    """The result of a run of a plan.

    Raises:
        UserError: see :func:`read_result`; or it is of other settings, or of other data.
    """
    result = read_result(folder)
    for name in _MADE_OF:
        if _plain(result.get(name)) != _plain(getattr(run, name)):
            raise UserError(f"{folder / RESULT}: of another {name} than the plan's run; {_MEND}")
    return result


def _plain(value: object) -> str:
    return json.dumps(value, sort_keys=True)
