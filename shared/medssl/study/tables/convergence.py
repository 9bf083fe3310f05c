"""How fast starts learn: the paper's appendix Figures 1 and 2."""

from __future__ import annotations

from ...analysis.convergence import compare_curves
from ..store import Store
from .cells import Entries, against, by_start, select
from .described import described
from .frame import NOT_REACHED, Maker, Row

SHARES = (0.9, 0.95)  # of the best value of all runs


def convergence(task: str, metric: str) -> Maker:
    """The maker of a table of one task's validation curves in the main comparison."""

    def make(store: Store) -> list[Row]:
        entries = by_start(select(store.plan, "table3", task))
        curves = curves_of(store, entries, metric)
        if not curves:
            return described(store, f"best {task} {metric}", entries, {}, against(entries))
        found = compare_curves(curves, metric, SHARES)
        until = found[0].until
        best = {each.run: each.best for each in found}
        areas = {each.run: each.area for each in found}
        rows = described(store, f"best {task} {metric}", entries, best, against(entries))
        rows += described(store, f"mean to step {until}", entries, areas, against(entries))
        for share in (f"{share:.0%}" for share in SHARES):
            steps = {each.run: each.reached[share] for each in found}
            rows += _steps(store, f"steps to {share} of {found[0].target:.3g}", entries, steps)
        return rows

    return make


def convergence_points(task: str, metric: str) -> Maker:
    """The maker of the same task's curves."""

    def make(store: Store) -> list[Row]:
        entries = by_start(select(store.plan, "table3", task))
        return points_of(store, f"{task} {metric}", entries, metric)

    return make


def points_of(store: Store, title: str, entries: Entries, metric: str) -> list[Row]:
    """Validations of runs: one point for each, x its step."""
    return [
        {"row": name, "column": title, "x": step, "y": value, "key": cell.key}
        for name, cells in entries.items()
        for cell in cells
        for step, value in curves_of(store, {name: [cell]}, metric).get(cell.key, {}).items()
    ]


def curves_of(store: Store, entries: Entries, metric: str) -> dict[str, dict[int, float]]:
    """Validations by step, by key of a run."""
    keys = {cell.key for cells in entries.values() for cell in cells}
    own = store.curves[(store.curves["metric"] == metric) & store.curves["key"].isin(keys)]
    return {
        str(key): dict(zip(frame["step"].astype(int), frame["value"].astype(float), strict=True))
        for key, frame in own.groupby("key")
    }


def _steps(store: Store, title: str, entries: Entries, steps: dict[str, float | None]) -> list[Row]:
    """Mean steps of the runs that came so far, and how many did not."""
    known = {key: step for key, step in steps.items() if step is not None}
    rows = described(store, title, entries, known, against(entries))
    for row in rows:
        done = [cell.key for cell in entries[row["row"]] if cell.key in steps]
        short = [key for key in done if key not in known]
        if short:
            row["verdict"] = f"{NOT_REACHED} in {len(short)} of {len(done)} runs"
    return rows
