"""Hard and easy cases, told apart by a run that takes no part in the comparison (paper, Figure 4).

Groups made from the baseline's own results would show a gain in the hard one where there is none:
what did badly by chance does better the next time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..errors import UserError
from .evidence import sign_of
from .outcomes import MEAN, Outcome, read_outcomes
from .run_comparison import RunComparison, Runs, compare_outcomes, read_runs
from .same_run import marks_of_run

LIMIT = 0.4
HARD, EASY = "hard", "easy"


@dataclass(frozen=True)
class HardEasy:
    """A comparison in each group.

    Attributes:
        limit: cases that are worse, below it or where lower is better above it, are hard.
        cases: counted, by group.
        groups: the comparison in each.
    """

    limit: float
    cases: dict[str, int]
    groups: dict[str, RunComparison]

    def record(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    def __str__(self) -> str:
        parts = [
            f"{name}, {self.cases[name]} cases\n{group}" for name, group in self.groups.items()
        ]
        return "\n\n".join(parts)


def group_cases(
    judged: Sequence[Outcome], metric: str, label: str | None = None, limit: float = LIMIT
) -> dict[str, str]:
    """``hard`` (worse than the limit) or ``easy`` of each case that has a value.

    Args:
        judged: outcomes of a run that takes no part in the comparison.
        metric: that decides.
        label: the class; by default the mean over classes, or the only one.
        limit: of the metric; where lower is better, cases above it are hard.

    Raises:
        UserError: no such metric or class, no case with a value of it, or a group is empty.
    """
    rows = [each for each in judged if each.metric == metric]
    there = {each.label for each in rows}
    wanted = label or (MEAN if MEAN in there else next(iter(there)) if len(there) == 1 else None)
    values = {each.case: each.value for each in rows if each.label == wanted}
    sign = sign_of(metric)
    groups = {
        case: HARD if sign * value < sign * limit else EASY
        for case, value in values.items()
        if value == value  # not NaN
    }
    if not groups:
        asked = f"{metric} of {label}" if label else metric
        if values:
            raise UserError(
                f"groups: none of {len(values)} cases has a value of {asked} (all are NaN); take "
                "another --metric, or another run for the groups"
            )
        known = sorted({f"{each.metric} of {each.label}" for each in judged})
        raise UserError(f"groups: no {asked}; expected one of {', '.join(known)}")
    for name in (HARD, EASY):
        if name not in groups.values():
            raise UserError(
                f"groups: none of {len(groups)} cases is {name} ({metric} "
                f"{'below' if sign > 0 else 'above'} {limit:g} is hard); choose another --limit"
            )
    return groups


def compare_groups(
    arms: Sequence[str],
    groups: str | Path,
    data: str | Path,
    metric: str = "dice",
    label: str | None = None,
    baseline: str = "scratch",
    limit: float = LIMIT,
    split: str = "test",
    fold: int | None = None,
) -> HardEasy:
    """Compare runs among hard and among easy cases.

    Args:
        arms: ``NAME=FOLDER`` for each run, see :func:`~.run_comparison.compare_runs`.
        groups: folder of the evaluation that tells the groups, none of the arms' runs.
        data: prepared folder.
        metric, label, baseline, split, fold: see :func:`~.run_comparison.compare_runs`.
        limit: see :func:`group_cases`.

    Raises:
        UserError: the run of the groups is one of those compared, or see above.
    """
    for word in arms:
        _refuse_same(groups, word.partition("=")[2])
    named = group_cases(read_outcomes(groups, data, split, fold), metric, label, limit)
    read = read_runs(arms, data, split, fold)
    found = {
        name: compare_outcomes(_only(read, named, name), metric, label, baseline)
        for name in (HARD, EASY)
    }
    counts = {name: list(named.values()).count(name) for name in found}
    return HardEasy(limit, counts, found)


def _refuse_same(groups: str | Path, run: str) -> None:
    if marks_of_run(groups) & marks_of_run(run):
        raise UserError(
            f"{groups}: the same run as {run}, by its folder or its weights, which is compared; "
            "take another for the groups, of a seed that takes no part"
        )


def _only(read: Runs, groups: Mapping[str, str], name: str) -> Runs:
    return {
        arm: {
            seed: [each for each in rows if groups.get(each.case) == name]
            for seed, rows in runs.items()
        }
        for arm, runs in read.items()
    }
