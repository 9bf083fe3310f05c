"""Which candidates are trained on: those of some scans, a fixed subset, balanced epochs."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InfeasibleError, UserError
from ..random import fold
from ..store.marks import Marks, read_marks

Rows = NDArray[np.int64]
logger = logging.getLogger(__name__)
_COPIES = (
    "num_samples: %d of %d positives are copies, as there are only %d; augmentation moves each "
    "copy in its own way, without it they are all alike"
)


def find_table(candidates: str | Path, data: Sequence[Mapping[str, Any]]) -> Path:
    """The file of that name in the folder of the prepared volumes, else the path itself.

    Raises:
        UserError: no scan, or no such file.
    """
    if not data:
        raise UserError("data: no scan; give at least one")
    folder = Path(data[0]["image"]).parents[1]
    plain = Path(candidates).name == str(candidates)  # a name: the data's own table goes first
    paths = [folder / candidates, Path(candidates)] if plain else [Path(candidates)]
    found = next((path for path in paths if path.is_file()), None)
    if found is None:
        there = ", ".join(sorted(path.name for path in folder.glob("*.csv"))) or "no CSV file"
        raise UserError(
            f"candidates: no file {candidates}, neither as a path nor in {folder}; that has {there}"
        )
    return found


def read_candidates(path: Path, names: Sequence[str], labelled: bool) -> Marks:
    """The rows of these scans, if ``labelled`` with the column ``class`` (1 nodule, 0 not).

    Raises:
        UserError: a table that cannot be read, no row of these scans, or another class.
    """
    table = read_marks(path, "class" if labelled else None)
    marks = table.of(names)
    if not len(marks):
        raise UserError(
            f"{path}: none of its {len(table)} candidates lies in the {len(names)} scan(s) such as "
            f"{names[0]}; expected their ids in the column seriesuid"
        )
    wrong = np.flatnonzero(~np.isin(marks.values, (0, 1)))
    if len(wrong):
        line, value = marks.lines[wrong[0]], marks.values[wrong[0]]
        raise UserError(f"{path}: line {line}, column class: {value:g}, expected 0 or 1; mend it")
    return marks


def fixed_subset(
    labels: NDArray[np.float64],
    imbalance_ratio: float,
    num_samples: int,
    seed: int,
    repeat_positives: bool = True,
) -> Rows:
    """Draw ``num_samples`` candidates with ``imbalance_ratio`` positives for each negative.

    ``round(N * r / (1 + r))`` of them are positive (section 5 of the paper). Of one seed, the
    positives and the negatives of a smaller subset are among those of a larger one. Where there are
    fewer positives than that, each comes once more before any comes a third time, and a warning
    counts the copies: only augmentation tells them apart.

    Args:
        labels: ``(n,)``, 1 for positives.
        imbalance_ratio: r, above 0.
        num_samples: N.
        seed: another seed, another subset.
        repeat_positives: draw positives with repetition where there are too few.

    Returns:
        Rising row numbers, that of a copy once more.

    Raises:
        UserError: a bad argument, no positive at all, or fewer candidates of a class than needed.
    """
    if not imbalance_ratio > 0:
        raise UserError(f"imbalance_ratio: {imbalance_ratio!r}, expected a number above 0")
    if not isinstance(num_samples, int) or num_samples < 1:
        raise UserError(f"num_samples: {num_samples!r}, expected a count of 1 or more")
    positives = round(num_samples * imbalance_ratio / (1 + imbalance_ratio))
    chosen = []
    for name, value, needed in (
        ("positive", 1, positives),
        ("negative", 0, num_samples - positives),
    ):
        rows = np.flatnonzero(labels == value)
        repeat = name == "positive" and repeat_positives and len(rows) > 0
        if needed > len(rows) and not repeat:
            raise InfeasibleError(
                f"num_samples: {num_samples} at imbalance_ratio {imbalance_ratio} needs {needed} "
                f"{name} candidates, there are {len(rows)}; change one of the two"
            )
        if needed > len(rows):
            logger.warning(_COPIES, needed - len(rows), needed, len(rows))
        order = np.random.default_rng(fold(seed, "subset", name)).permutation(len(rows))
        chosen.append(np.resize(rows[order], needed))
    return np.sort(np.concatenate(chosen))


def balanced_epoch(labels: NDArray[np.float64], seed: int, epoch: int) -> Rows:
    """All positives and as many negatives, drawn anew in each epoch ("mean resampling").

    Negatives are drawn without repetition, unless there are fewer of them than positives.

    Args:
        labels: ``(n,)``, 1 for positives; both classes occur.
        seed: run seed.
        epoch: whose draw.

    Returns:
        Row numbers.
    """
    positives, negatives = np.flatnonzero(labels == 1), np.flatnonzero(labels == 0)
    rng = np.random.default_rng(fold(seed, epoch, "negatives"))
    few = len(negatives) < len(positives)
    return np.concatenate([positives, rng.choice(negatives, len(positives), replace=few)])
