"""Ways of fine-tuning where labels are few, beside those of the label curve; without claims."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..store import Store
from .cells import Entries, by_start, select, tasks_of
from .columns import column, without_claims
from .frame import Maker, Row
from .probes import probe_columns
from .subsets import EXPERIMENT, FRACTION, shares, subjects_of
from .wording import counted


@dataclass(frozen=True)
class Setting:
    """Another setting than the label curve's.

    Attributes:
        experiment: that has it.
        factors: it; cells of the experiment without it take no part.
    """

    experiment: str
    factors: Mapping[str, Any] = field(default_factory=dict)


def beside_labels(setting: Setting) -> Maker:
    """The maker of a table: each start as the label curve has it, and with another setting."""

    def make(store: Store) -> list[Row]:
        rows: list[Row] = []
        for task in tasks_of(store.plan, setting.experiment):
            for share in shares(store.plan, setting.experiment, **setting.factors):
                first, other, found = pairs(store, task, share, setting)
                if other:
                    metric, at = str(store.plan.tasks[task]["metric"]), _at(store, first)
                    title = f"{task} {metric}, as in the label curve{at}"
                    rows += without_claims(column(store, title, first, metric, {}))
                rows += found
            rows += probe_columns(store, task) if setting.experiment == "frozen" else []
        return rows

    return make


def pairs(
    store: Store, task: str, share: float, setting: Setting
) -> tuple[Entries, Entries, list[Row]]:
    """Cells as in the label curve and with the setting, by start, and the second less the first.

    Cells of the setting's experiment that the label curve has, too, are no other setting.
    """
    at: dict[str, Any] = {FRACTION: share}
    curve = select(store.plan, EXPERIMENT, task, **at)
    same = {cell.key for cell in curve}
    cells = select(store.plan, setting.experiment, task, **at, **setting.factors)
    other = by_start(cell for cell in cells if cell.key not in same)
    usual = by_start(curve)
    first = {start: usual[start] for start in other if start in usual}
    metric = str(store.plan.tasks[task]["metric"])
    title = f"{task} {metric}, this setting{_at(store, first)}"
    rows = column(store, title, other, metric, first) if other else []
    return first, other, without_claims(rows)


def _at(store: Store, entries: Entries) -> str:
    subjects = subjects_of(store, entries)
    return "" if subjects is None else f", {counted(subjects, 'subject')}"
