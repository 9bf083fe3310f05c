"""What a run of a study has found, in the file that says that it is done."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import UserError
from ..files import read_object
from ..forms import check_form

RESULT = "result.json"
INFEASIBLE = "infeasible"  # key in it: why the data do not hold what the run asks for
_MEND = "remove it, and start the study again"
_FORM = {"key": str, "kind": str, "metrics": dict, "validation": {str: list}, INFEASIBLE: str}


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
    if result["key"] != run.name:
        raise UserError(f"{path}: the result of another run, {result['key']}; {_MEND}")
    return result
