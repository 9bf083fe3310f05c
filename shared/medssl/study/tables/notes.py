"""What stands beside a figure: which seeds and cases it goes without, and why."""

from __future__ import annotations

from collections.abc import Collection

from ...analysis.evidence import SharedArms
from ..store import Store
from .cells import Cells, Entries, Runs, reason, runs_of


def left_out(store: Store, cells: Cells, seeds: Collection[int]) -> str:
    """Seeds whose runs are missing, none of these, such as "seed 2 (not run)"; empty if none."""
    reasons: dict[str, set[int]] = {}
    for cell in cells:
        if cell.seed not in seeds and cell.key not in store.runs.index:
            reasons.setdefault(reason(store, cell.key), set()).add(cell.seed)
    return ", ".join(
        f"seed{'s' * (len(own) > 1)} {', '.join(map(str, sorted(own)))} ({why})"
        for why, own in reasons.items()
    )


def of_row(store: Store, cells: Cells, base: Cells, name: str, shared: SharedArms[Runs]) -> str:
    """What a row of a column goes without; empty where nothing is left out.

    Args:
        store: results.
        cells: of the row, with runs.
        base: what it is compared with; none for nothing.
        name: of the baseline.
        shared: arms of the column.
    """
    own, other = shared.arms[runs_of(cells)].seeds, shared.arms.get(runs_of(base))
    parts = [f"without {missing}"] if (missing := left_out(store, cells, own)) else []
    theirs = other.seeds if other else ()
    beside = [cell for cell in base if cell.seed in own]
    if absent := left_out(store, beside, theirs):
        word = "difference without" if set(own) & set(theirs) else "no difference: no"
        parts.append(f"{word} {absent} of {name or 'the baseline'}")
    if cases := shared.left_out[runs_of(cells)]:
        parts.append(f"without {cases} case{'s' * (cases > 1)} that not all rows have")
    return "; ".join(parts)


def of_all(store: Store, entries: Entries) -> str:
    """What all rows together go without: seeds that some of them lack, and which do.

    Args:
        store: results.
        entries: cells by row; rows without any run are left out themselves.
    """
    parts = []
    for name, cells in entries.items():
        done = {cell.seed for cell in cells if cell.key in store.runs.index}
        if done and (missing := left_out(store, cells, done)):
            parts.append(f"{missing} of {name}")
    return f"on the seeds that all have, without {'; '.join(parts)}" if parts else ""
