"""What a run of a study has found, in the file that says that it is done."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import UserError
from .checked import read_checked, write_checked

RESULT = "result.json"
FORMAT = 2  # of it
OUTCOMES_SHA256 = "outcomes_sha256"  # key in it: of the table of cases that is beside it
INFEASIBLE = "infeasible"  # key in it: why the data do not hold what the run asks for
_MEND = "remove it, and start the study again"


def write_result(run: Path, found: Mapping[str, Any]) -> Path:
    """Write the result of a finished run into its folder; the path.

    Args:
        run: its folder, which is named by its key.
        found: plain containers, with ``key`` and ``metrics``.
    """
    return write_checked(run / RESULT, FORMAT, found)


def read_result(run: Path) -> dict[str, Any]:
    """The result of a finished run; of one that is not feasible there is the reason, and no metric.

    Args:
        run: its folder, which is named by its key.

    Raises:
        UserError: it is damaged, was changed, or is another run's or another version's.
    """
    path = run / RESULT
    result = read_checked(path, FORMAT, _MEND)
    if result["key"] != run.name:
        raise UserError(f"{path}: the result of another run, {result['key']}; {_MEND}")
    return result
