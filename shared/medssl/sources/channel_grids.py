"""Channels of one case belong together: all of them are usable and on one grid, or none is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from ..store.joined import CASE
from .cases import Outcome
from .pairing import Case
from .records import Record

_TOLERANCE = 0.1  # of a voxel, as between image and label


def keep_whole_cases(cases: Mapping[str, Case], outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The outcomes, those of incomplete cases without a record.

    Args:
        cases: by id.
        outcomes: of their preparation.

    Returns:
        As many, in the same order. Where a channel of a case is broken, the others have that for a
        reason; where channels lie on different grids, all of them do.
    """
    groups: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        groups[_case_of(cases[outcome.case])].append(outcome)
    reasons = {name: _reason(group) for name, group in groups.items()}
    return [
        replace(outcome, record=None, reason=reason)
        if outcome.record is not None and (reason := reasons[_case_of(cases[outcome.case])])
        else outcome
        for outcome in outcomes
    ]


def _case_of(case: Case) -> str:
    return str(case.facts.get(CASE, case.id))


def _reason(group: Sequence[Outcome]) -> str:
    broken = [outcome.source for outcome in group if outcome.record is None]
    if broken:
        return f"belongs to {broken[0]}, which cannot be used"
    first, *others = [outcome.record for outcome in group if outcome.record is not None]
    for outcome, other in zip(group[1:], others, strict=True):
        if not _on_one_grid(first, other):
            return (
                f"{group[0].source} {first['original']['shape']} and {outcome.source} "
                f"{other['original']['shape']} are channels on different grids"
            )
    return ""


def _on_one_grid(one: Record, other: Record) -> bool:
    shapes = [(record["shape"], record["original"]["shape"]) for record in (one, other)]
    if shapes[0] != shapes[1]:
        return False
    affines = [np.asarray(record["affine"]) for record in (one, other)]
    ends = np.array([[0, 0, 0, 1], [*(n - 1 for n in one["shape"]), 1]], dtype=float)
    apart = np.abs(ends @ (affines[0] - affines[1]).T).max()
    return bool(apart <= _TOLERANCE * min(one["spacing_mm"]))
