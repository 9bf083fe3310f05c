"""Ways of fine-tuning where labels are few, beside those of the label curve; without claims."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..runs import Cell
from ..store import Store
from .cells import by_start, levels, select, tasks_of
from .columns import column, without_claims
from .frame import Maker, Row
from .probes import probe_columns
from .subsets import EXPERIMENT, FRACTION, subjects_of


def beside_labels(experiment: str, **factors: Any) -> Maker:
    """The maker of a table: each start as the label curve has it, and with another setting.

    Args:
        experiment: that has the other setting.
        factors: the setting; cells of the experiment without it take no part.
    """

    def make(store: Store) -> list[Row]:
        rows: list[Row] = []
        for task in tasks_of(store.plan, experiment):
            for share in levels(store.plan, experiment, FRACTION):
                at = {FRACTION: share}
                other = by_start(select(store.plan, experiment, task, **at, **factors))
                usual = by_start(select(store.plan, EXPERIMENT, task, **at))
                rows += _both(store, task, usual, other) if other else []
            rows += probe_columns(store, task) if experiment == "frozen" else []
        return rows

    return make


def _both(
    store: Store, task: str, usual: Mapping[str, list[Cell]], other: Mapping[str, list[Cell]]
) -> list[Row]:
    """Two columns at one number of labels; the second is compared with the first."""
    metric, subjects = str(store.plan.tasks[task]["metric"]), subjects_of(store, usual)
    at = "" if subjects is None else f", {subjects} subjects"
    first = {start: usual[start] for start in other if start in usual}
    rows = column(store, f"{task} {metric}, as in the label curve{at}", first, metric, {})
    rows += column(store, f"{task} {metric}, this setting{at}", other, metric, first)
    return without_claims(rows)
