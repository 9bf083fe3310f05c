"""The paper's theorems by simulation, beside their printed and their corrected forms."""

from __future__ import annotations

from typing import Any

from ...analysis.theory import simulate_theory
from ..store import Store
from .frame import Row

NEGATIVES = 1000
FIRST = ("simulated", "exact", "corrected", "printed")
SECOND = (
    *("simulated_rare", "rare", "bound_rare", "printed_rare"),
    *("simulated_frequent", "frequent", "bound_frequent", "printed_frequent"),
)


def theorem1(_: Store) -> list[Row]:
    """How often the middle of the estimated class means is off, for each number of positives."""
    found = simulate_theory(negatives=NEGATIVES).first
    return _frame({f"N+ {e.positives}, N- {e.negatives}, t {e.t:.3f}": e for e in found}, FIRST)


def theorem2(_: Store) -> list[Row]:
    """Errors of the optimal classifier by ratio and distance of the classes."""
    found = simulate_theory(negatives=NEGATIVES).second
    return _frame({f"ratio {e.ratio:g}, distance {e.distance:g}": e for e in found}, SECOND)


def _frame(entries: dict[str, Any], shown: tuple[str, ...]) -> list[Row]:
    return [
        {
            "row": name,
            "column": part.replace("_", ", "),
            "mean": getattr(entry, part),
            "verdict": "",
            "keys": "",
        }
        for part in shown
        for name, entry in entries.items()
    ]
