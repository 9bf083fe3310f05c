"""nnU-Net's folds: ``splits_final.json``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import UserError
from ..files import parse_json
from .pairing import Case

SPLITS_FINAL = "splits_final.json"
_SHOWN = 5


@dataclass(frozen=True)
class PublishedFold:
    """Ids of the cases that a fold learns from and tests; it leaves out all others."""

    train: frozenset[str]
    val: frozenset[str]


def read_splits(
    folder: Path, splits: str | Path | None, cases: Sequence[Case]
) -> tuple[PublishedFold, ...]:
    """The folds of nnU-Net's ``splits_final.json``; none without the file.

    Args:
        folder: of the data set, where the file may lie.
        splits: the file, if it lies elsewhere (nnU-Net keeps it in ``nnUNet_preprocessed``).
        cases: of the data set.

    Raises:
        UserError: no such file, not nnU-Net's, or of other cases.
    """
    path = folder / SPLITS_FINAL if splits is None else Path(splits)
    if not path.is_file():
        if splits is None:
            return ()
        raise UserError(f"splits: {path} is no file; give nnU-Net's {SPLITS_FINAL}")
    try:
        folds = tuple(
            PublishedFold(*(frozenset(map(str, fold[part])) for part in ("train", "val")))
            for fold in parse_json(path.read_bytes())
        )
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"splits: {path} is not nnU-Net's {SPLITS_FINAL}, a list of train and val of each fold"
        ) from error
    named = frozenset().union(*(fold.train | fold.val for fold in folds))
    if unknown := sorted(named - {str(case.patient) for case in cases}):
        some = ", ".join(unknown[:_SHOWN])
        raise UserError(f"splits: {path} names {some}, which the data set does not hold")
    return folds
