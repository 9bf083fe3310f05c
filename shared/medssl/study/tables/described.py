"""Figures that whole runs have: described, not tested."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..store import Store
from .cells import Entries, runs_of, values_of
from .columns import empty_rows, word_of
from .frame import Row
from .notes import left_out


def scalars(
    store: Store, title: str, entries: Entries, metric: str, bases: Entries | None = None
) -> list[Row]:
    """One column of figures that whole runs have: described, not tested."""
    return described(store, title, entries, values_of(store, f"metric_{metric}"), bases or {})


def described(
    store: Store, title: str, entries: Entries, values: Mapping[str, float], bases: Entries
) -> list[Row]:
    """Mean and spread over seeds, and the difference of means, without a test.

    Args:
        store: results.
        title: of the column.
        entries: cells of each row.
        values: by key of a run.
        bases: see :func:`~.columns.column`.
    """
    rows = empty_rows(store, title, entries, bases)
    for row in rows:
        cells, base = entries[row["row"]], bases.get(row["row"], ())
        own, theirs = (
            {cell.seed: values[cell.key] for cell in each if cell.key in values}
            for each in (cells, base)
        )
        if own:
            # Seeds may share a run, such as one pretraining: it counts once.
            keys = list(dict.fromkeys(cell.key for cell in cells if cell.key in values))
            found = np.array([values[key] for key in keys], float)
            spread = found.std(ddof=1) if len(keys) > 1 else float("nan")
            row |= {"mean": found.mean(), "sd": spread, "seeds": len(keys), "keys": " ".join(keys)}
            row["verdict"] = word_of(cells, bases)
            missing = left_out(store, cells, own)
            row["note"] = f"without {missing}" if missing else ""
            if (both := own.keys() & theirs.keys()) and runs_of(cells) != runs_of(base):
                row["difference"] = np.mean([own[seed] - theirs[seed] for seed in both])
    return rows
