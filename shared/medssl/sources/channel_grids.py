"""Channels of one case belong together: all of them are usable and on one grid, or none is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from .cases import Outcome
from .grids import on_one_grid
from .pairing import Case
from .records import Record

_AXES = ("LR", "PA", "IS")


def keep_whole_cases(cases: Mapping[str, Case], outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The outcomes, those of incomplete cases without a record.

    Args:
        cases: by id.
        outcomes: of their preparation.

    Returns:
        As many, in the same order. Where a channel of a case is broken, the others follow it; where
        channels lie on different grids, the first one says so and the others follow.
    """
    groups: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        groups[cases[outcome.case].whole].append(outcome)
    whole = {outcome.case: outcome for group in groups.values() for outcome in _whole(group)}
    return [whole[outcome.case] for outcome in outcomes]


def _whole(group: Sequence[Outcome]) -> list[Outcome]:
    """The channels of a case, all with a record or none."""
    broken = [outcome.source for outcome in group if outcome.record is None]
    first, *others = group
    if broken:
        return [each if each.record is None else _follower(each, broken[0]) for each in group]
    if reason := _different_grids(group):
        followers = [_follower(each, first.source) for each in others]
        return [replace(first, record=None, reason=reason), *followers]
    return list(group)


def _follower(outcome: Outcome, source: str) -> Outcome:
    reason = f"belongs to {source}, which cannot be used"
    return replace(outcome, record=None, reason=reason, follows=True)


def _different_grids(group: Sequence[Outcome]) -> str:
    """What is wrong where one lies on another grid than the first; empty where none does."""
    first, *others = [outcome.record for outcome in group if outcome.record is not None]
    for outcome, other in zip(group[1:], others, strict=True):
        if not _on_one_grid(first, other):
            return (
                f"{group[0].source} {_grid(first)} and {outcome.source} {_grid(other)} are "
                "channels on different grids; resample one"
            )
    return ""


def _on_one_grid(one: Record, other: Record) -> bool:
    """Whether two channels lay on one grid, and so do what is stored of them."""
    native = [_native_shape(record) for record in (one, other)]
    grids = [(record["shape"], np.asarray(record["affine"])) for record in (one, other)]
    return native[0] == native[1] and on_one_grid(*grids)


def _grid(record: Record) -> str:
    """Voxels, their size and the place of the first one, as a message shows them."""
    sizes = " x ".join(f"{size:g}" for size in record["native_spacing_mm"])
    corner = ", ".join(f"{row[3]:g}" for row in record["affine"][:3])
    return f"{record['original']['shape']} of {sizes} mm at ({corner})"


def _native_shape(record: Record) -> list[int]:
    """Voxels as scanned, along the axes of the prepared volume: x, y, z."""
    shape, codes = record["original"]["shape"], record["original"]["orientation"]
    axes = [next(axis for axis, ends in enumerate(_AXES) if code in ends) for code in codes]
    return [shape[axes.index(axis)] for axis in range(3)]
