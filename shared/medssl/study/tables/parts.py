"""What is handed over: parts of the network, with or without skips, which of two encoders."""

from __future__ import annotations

from ..runs import PRETRAIN, Cell
from ..store import Store
from .cells import by_row, by_start, level_of, pretrainings, select
from .columns import column
from .described import scalars
from .frame import Row
from .probes import probe_columns

NO_SKIP, WHOLE = "-noskip", "auto"
TABLE4 = (("ncs", "dice"), ("lcs", "dice"), ("ncc", "auc"))
APPENDIX3 = (("ncc", "auc"), ("ncs", "dice"), ("lcs", "dice"))


def table4(store: Store) -> list[Row]:
    """Methods that train a decoder: all that fits handed over, one part, pretrained without skips.

    Each row is compared with the whole hand-over of its method. The pretext error is the mean
    squared error of restored crops.
    """
    rows: list[Row] = []
    cells = select(store.plan, "table4")
    methods = {_method(cell.start) for cell in cells}
    for task, metric in TABLE4:
        # A classification takes the encoder alone: its whole hand-over is Table 3's run.
        whole = [c for c in select(store.plan, "table3", task) if c.start in methods]
        own = [cell for cell in cells if cell.task == task]
        entries = by_row([*(whole if task == "ncc" else []), *own], _row)
        bases = {name: entries.get(_method(name), []) for name in entries}
        rows += column(store, f"{task} {metric}", entries, metric, bases)
    for task, _ in TABLE4:
        rows += probe_columns(store, task, {cell.start for cell in cells})
    before = by_start(pretrainings(store.plan, cells))
    bases = {name: before.get(_method(name), []) for name in before}
    return [*rows, *scalars(store, "pretext mse", before, "mse", bases)]


def fig6(store: Store) -> list[Row]:
    """Pretrainings with and without skips, whose restorations are shown, and their errors."""
    entries = by_start(select(store.plan, "fig6", kind=PRETRAIN))
    bases = {name: entries.get(_method(name), []) for name in entries}
    return scalars(store, "pretext mse", entries, "mse", bases)


def appendix_table3(store: Store) -> list[Row]:
    """BYOL's two encoders: the target, a moving average, beside the online one."""
    rows: list[Row] = []
    for task, metric in APPENDIX3:
        cells = select(store.plan, "appendix_table3", task)
        entries = by_row(cells, lambda cell: str(level_of(cell, "transfer_from")))
        bases = dict.fromkeys(entries, entries.get("online", []))
        rows += column(store, f"{task} {metric}", entries, metric, bases)
    return rows


def _row(cell: Cell) -> str:
    """Such as ``mg``, ``mg encoder``, ``mg-noskip``."""
    parts = cell.factors.get("transfer_parts", WHOLE)
    return cell.start if parts == WHOLE else f"{cell.start} {' '.join(parts)}"


def _method(row: str) -> str:
    return row.split()[0].removesuffix(NO_SKIP)
