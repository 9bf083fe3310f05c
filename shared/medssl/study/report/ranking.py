"""Mean ranks of the starts over a study's tasks."""

from __future__ import annotations

from collections.abc import Sequence

from ...analysis.evidence import Arm, Ranks, rank_starts
from ...errors import UserError
from ..store import Store
from ..tables.cells import by_start, select
from ..tables.columns import arms_of


def ranks_of(store: Store, experiment: str) -> Ranks | None:
    """Ranks of the starts of an experiment, each task by its own metric one block.

    Tasks are blocks, patients are not: methods would be told apart on one task alone. Tested only
    where there are enough of them, see :func:`~medssl.analysis.evidence.rank_starts`. A task whose
    column cannot be made is none of them.

    Returns:
        None where fewer than two tasks have runs of all starts, or there are fewer than two starts.
    """
    tasks = list(dict.fromkeys(c.task for c in store.plan.cells if c.experiment == experiment))
    blocks: dict[str, dict[str, Arm]] = {}
    starts: Sequence[str] = ()
    for task in filter(None, tasks):
        cells = select(store.plan, experiment, task)
        try:
            arms = arms_of(store, cells, str(store.plan.tasks[task]["metric"]))
        except UserError:  # such as no such metric: its column says so
            continue
        if len(arms) == len(by_start(cells)):
            starts, blocks[task] = list(arms), arms
    return rank_starts(blocks) if len(starts) > 1 and len(blocks) > 1 else None
