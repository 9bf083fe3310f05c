"""The paper's Table 5 and Figure 10: sizes of the pretext's input."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ...analysis.bundles import read_config
from ..runs import Cell
from ..store import Store
from .cells import Entries, by_start, pretrainings, select, values_of
from .columns import column, without_claims
from .described import described, scalars
from .frame import Row, is_missing
from .probes import probe_columns

TABLE5 = (("ncc", "auc"), ("ncs", "dice"), ("lcs", "dice"))
SCANS, ACCURACY = "scans in the pretraining", "pretext accuracy"
_SIZE = re.compile(r"\d+$")
_KEYS = ("patch_size", "crop_size")  # a patch has its size, a crop of patches follows from it


def table5(store: Store) -> list[Row]:
    """Each size beside its method's own: pretext accuracy, tasks, and the scans it was made from.

    Scans that are smaller than a size leave its pretraining; then nothing is claimed.
    """
    cells = select(store.plan, "table5")
    before = by_start(pretrainings(store.plan, cells))
    rows = described(store, SCANS, before, values_of(store, "training_scans"), {})
    scans = {row["row"]: row.get("mean") for row in rows}
    rows += scalars(store, ACCURACY, before, "accuracy", _own_sizes(before))
    for task, metric in TABLE5:
        entries = by_start(cell for cell in cells if cell.task == task)
        found = column(store, f"{task} {metric}", entries, metric, _own_sizes(entries))
        rows += [_on_same_scans(row, scans) for row in found]
    for task, _ in TABLE5:
        rows += probe_columns(store, task, {cell.start for cell in cells})
    return rows


def size_points(store: Store) -> list[Row]:
    """Pretext accuracy and each task over the size, in voxels along the first axis."""
    before = by_start(pretrainings(store.plan, select(store.plan, "table5")))
    titles = {ACCURACY, *(f"{task} {metric}" for task, metric in TABLE5)}
    return [
        {
            **{"row": _SIZE.sub("", row["row"]), "column": row["column"], "key": row["keys"]},
            **{"x": _size(store, before[row["row"]]), "y": row["mean"]},
            **{"low": row.get("low"), "high": row.get("high")},
        }
        for row in table5(store)
        if row["column"] in titles and not is_missing(row["verdict"])
    ]


def _own_sizes(entries: Entries) -> Entries:
    """By row, its method at the size that the main comparison has: ``rot48`` beside ``rot``."""
    return {name: entries.get(_SIZE.sub("", name), []) for name in entries}


def _on_same_scans(row: Row, scans: dict[str, float | None]) -> Row:
    """The row, without a claim where its pretraining had other scans than its baseline's."""
    base = row["baseline"]
    if not base or scans.get(row["row"]) == scans.get(base):
        return row
    (bare,) = without_claims([row])
    return bare if is_missing(row["verdict"]) else {**bare, "verdict": f"other scans than {base}"}


def _size(store: Store, cells: Iterable[Cell]) -> int:
    run = store.plan.runs[next(iter(cells)).key]
    keys = {**read_config(list(run.files)).config, **run.keys}
    return int(next(keys[name] for name in _KEYS if name in keys)[0])
