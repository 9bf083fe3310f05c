"""Which folders are of one run, which would be evidence of several where it is named twice."""

from __future__ import annotations

from pathlib import Path

from ..engines.evaluation import WEIGHTS, says


def marks_of_run(folder: str | Path) -> set[str]:
    """What no two runs have in common: the folder, and the SHA-256 of the weights evaluated there.

    Figures are none: separate runs may come out alike, such as two that learned nothing.

    Args:
        folder: of the evaluation; where that names no weights, a copy of it is not known as one.

    Raises:
        UserError: its ``metrics.json`` is damaged.
    """
    weights = says(Path(folder), WEIGHTS)
    return {str(Path(folder).resolve())} | ({weights["sha256"].lower()} if weights else set())
