"""Mean ranks of the starts over a study's tasks."""

from __future__ import annotations

from collections.abc import Sequence

from ...analysis.evidence import Arm, Ranks, arm_of, rank_starts
from ..store import Store
from ..tables.rows import by_start, outcomes, select, used_runs


def ranks_of(store: Store, experiment: str) -> Ranks | None:
    """Ranks of the starts of an experiment, each task by its own metric one block.

    Tasks are blocks, patients are not: methods would be told apart on one task alone. Tested only
    where there are enough of them, see :func:`~medssl.analysis.evidence.rank_starts`.

    Returns:
        None where fewer than two tasks have runs of all starts, or there are fewer than two starts.
    """
    tasks = list(dict.fromkeys(c.task for c in store.plan.cells if c.experiment == experiment))
    blocks: dict[str, dict[str, Arm]] = {}
    starts: Sequence[str] = ()
    for task in filter(None, tasks):
        entries, metric = by_start(select(store.plan, experiment, task)), store.plan.tasks[task]
        used = used_runs(store, entries)
        if len(used) < len(entries):
            continue
        starts = list(entries)
        blocks[task] = {
            name: arm_of(outcomes(store, keys), metric["metric"], None, f"{task}, {name}")
            for name, keys in used.items()
        }
    return rank_starts(blocks) if len(starts) > 1 and len(blocks) > 1 else None
