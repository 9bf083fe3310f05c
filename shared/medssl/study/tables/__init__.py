"""Tables of a study: one function gives one frame, from which every form of the table is made."""

from __future__ import annotations

from .frame import COLUMNS, POINTS, Table, is_missing, read_paper
from .methods import table3

__all__ = ["COLUMNS", "MADE", "POINTS", "Table", "is_missing", "read_paper"]

MADE: dict[str, Table] = {
    "table3": Table(
        "Table 3: each start beside training from scratch",
        table3,
        "Fine-tuned on all labels of each task, from each pretraining and from scratch.",
        ("table3",),
    ),
}
