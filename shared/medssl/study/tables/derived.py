"""The paper's Figure 9: means over tasks, and ranks; across tasks nothing is tested."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ...analysis.evidence import Arm, rank_starts, seed_means
from ..store import Store
from .cells import Entries, against, by_row, by_start, select
from .columns import arms_of
from .described import described
from .frame import BEST_FIRST, NOT_RUN, Row, is_missing
from .notes import of_all

Parts = tuple[tuple[str, str], ...]  # task and metric of what is averaged
# Classification, segmentation, the organ of the pretraining, another organ.
FIGURE9: dict[str, Parts] = {
    "classification": (("ncc", "auc"),),
    "segmentation": (("ncs", "dice"), ("lcs", "dice")),
    "same organ": (("ncc", "auc"), ("ncs", "dice")),
    "other organ": (("lcs", "dice"),),
}
RANKED: Parts = (("ncc", "auc"), ("ncs", "dice"), ("lcs", "dice"))


def fig9(store: Store) -> list[Row]:
    """Means over tasks for each start, seed by seed, and the mean rank with its interval."""
    rows: list[Row] = []
    for title, parts in FIGURE9.items():
        entries, values = _averaged(store, parts)
        own = described(store, title, entries, values, against(entries))
        tasks = [task for task, _ in parts]
        note = _note(store, tasks)
        rows += [
            row
            if is_missing(row["verdict"])
            else {**row, "note": note, "keys": _beside(store, row["keys"].split(), tasks)}
            for row in own
        ]
    return [*rows, *_ranks(store)]


def _beside(store: Store, keys: Iterable[str], tasks: Iterable[str]) -> str:
    """Runs of all tasks that have the start and seed of one of these."""
    runs = {(run.start, run.seed) for run in (store.plan.runs[key] for key in keys)}
    cells = [cell for task in tasks for cell in select(store.plan, "table3", task)]
    return " ".join(cell.key for cell in cells if (cell.start, cell.seed) in runs)


def _note(store: Store, tasks: Iterable[str]) -> str:
    """Seeds that were left out because a start lacks them in a task."""
    cells = [cell for task in tasks for cell in select(store.plan, "table3", task)]
    return of_all(store, by_row(cells, lambda cell: f"{cell.start} {cell.task}"))


def _averaged(store: Store, parts: Parts) -> tuple[Entries, dict[str, float]]:
    """Runs of the first of some tasks, and the mean of all of them with the same seed."""
    found: dict[tuple[str, int], list[float]] = {}
    for task, metric in parts:
        for start, arm in arms_of(store, select(store.plan, "table3", task), metric).items():
            for seed, value in zip(arm.seeds, seed_means(arm), strict=True):
                found.setdefault((start, seed), []).append(float(value))
    entries = by_start(select(store.plan, "table3", parts[0][0]))
    values = {
        cell.key: sum(each) / len(each)
        for start, cells in entries.items()
        for cell in cells
        if len(each := found.get((start, cell.seed), [])) == len(parts)
    }
    return entries, values


def _ranks(store: Store) -> list[Row]:
    """Mean rank of the starts that all tasks have, 1 the best."""
    blocks = {
        task: arms_of(store, select(store.plan, "table3", task), metric) for task, metric in RANKED
    }
    starts = dict.fromkeys(cell.start for cell in select(store.plan, "table3"))
    there = [start for start in starts if all(start in arms for arms in blocks.values())]
    title = f"mean rank in {len(blocks)} tasks, {BEST_FIRST}"
    rows: list[Row] = [
        {"row": start, "column": title, "verdict": NOT_RUN, "keys": ""} for start in starts
    ]
    if len(there) < 2:
        return rows
    chosen = {task: {start: arms[start] for start in there} for task, arms in blocks.items()}
    ranks, note = rank_starts(chosen).ranks, _note(store, blocks)
    for row in rows:
        if row["row"] in ranks:
            rank = ranks[row["row"]]
            row |= {"mean": rank.mean, "low": rank.low, "high": rank.high, "verdict": ""}
            row |= {"note": note, **_sizes(store, row["row"], chosen)}
    return rows


def _sizes(store: Store, start: str, chosen: Mapping[str, Mapping[str, Arm]]) -> Row:
    """What a rank rests on: its runs in all tasks, and the patients of one task or another."""
    arms = {task: own[start] for task, own in chosen.items()}
    keys = [
        cell.key
        for task, arm in arms.items()
        for cell in select(store.plan, "table3", task)
        if cell.start == start and cell.seed in arm.seeds
    ]
    patients = {patient for arm in arms.values() for patient in arm.patients}
    fewest = min(len(arm.seeds) for arm in arms.values())
    return {"seeds": fewest, "patients": len(patients), "keys": " ".join(keys)}
