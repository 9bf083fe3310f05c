"""Ranks of starts across tasks: described always, tested only where there are enough blocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import friedmanchisquare, rankdata

from ...errors import UserError
from ...metrics.bootstrap import Values
from ..statistics import Estimate
from .arms import Arm, check_pair
from .intervals import RESAMPLES, draw_patients, drawn_means, interval, seed_means

BLOCKS = 12  # below, no difference of ranks can be significant among eleven starts


@dataclass(frozen=True)
class Ranks:
    """Mean ranks, 1 the best.

    Attributes:
        ranks: of each start, with a 95 % interval from resamples of runs and patients.
        sizes: of each block, a task or a task by label number: runs of each start (the fewest) and
            patients.
        p: of Friedman's test; None below 12 blocks.
        pairs: p of each pair after Nemenyi, by both names; empty below 12 blocks.
    """

    ranks: dict[str, Estimate]
    sizes: dict[str, tuple[int, int]]
    p: float | None
    pairs: dict[str, dict[str, float]]

    @property
    def blocks(self) -> int:
        """How many there are."""
        return len(self.sizes)

    @property
    def rests_on(self) -> str:
        """Such as "ncs: 5 runs of each start, 9 patients"."""
        return "; ".join(
            f"{block}: {runs} run{'s' * (runs != 1)} of each start, "
            f"{patients} patient{'s' * (patients != 1)}"
            for block, (runs, patients) in self.sizes.items()
        )


def rank_starts(blocks: Mapping[str, Mapping[str, Arm]], seed: int = 0) -> Ranks:
    """Rank the starts in each block and average; ties share their ranks.

    Args:
        blocks: by task, arms by start; the same starts in each.
        seed: of the resamples.

    Raises:
        UserError: no blocks, other starts in one of them, or fewer than two starts.
    """
    starts = list(next(iter(blocks.values()), {}))
    if len(starts) < 2:
        raise UserError("ranks: expected a task or more, with two or more starts")
    for task, arms in blocks.items():
        if set(arms) != set(starts):
            raise UserError(f"{task}: starts {', '.join(arms)}; expected {', '.join(starts)}")
    scores = np.array(
        [[arms[s].sign * seed_means(arms[s]).mean() for s in starts] for arms in blocks.values()]
    )
    drawn = np.stack(
        [_drawn(arms, starts, seed + 100 * number) for number, arms in enumerate(blocks.values())],
        axis=1,
    )  # (resamples, blocks, starts)
    drawn = drawn[~np.isnan(drawn).any((1, 2))]
    mean, spread = _mean_ranks(scores), _mean_ranks(drawn)
    found = {
        start: Estimate(float(mean[place]), *interval(spread[:, place]))
        for place, start in enumerate(starts)
    }
    sizes = {
        block: (min(len(arm.seeds) for arm in arms.values()), len(arms[starts[0]].patients))
        for block, arms in blocks.items()
    }
    if len(blocks) < BLOCKS or len(starts) < 3:
        return Ranks(found, sizes, None, {})
    return Ranks(found, sizes, *_tested(scores, starts))


def _drawn(arms: Mapping[str, Arm], starts: list[str], seed: int) -> Values:
    """Means of one block, ``(resamples, starts)``: patients are shared, runs each start's own.

    Higher is better in all of them: those of which lower is have their sign turned.
    """
    draws = draw_patients(arms[starts[0]], RESAMPLES, seed)
    for name in starts[1:]:
        check_pair(arms[starts[0]], arms[name], name)
    each = enumerate(arms[name].sign * arms[name].by_seed(draws) for name in starts)
    return np.stack([drawn_means(means, seed + 1 + place) for place, means in each], axis=1)


def _mean_ranks(scores: Values) -> Values:
    """``(..., blocks, starts)`` to ``(..., starts)``, rank 1 for the highest."""
    return np.asarray(rankdata(-scores, axis=-1).mean(-2))


def _tested(scores: Values, starts: list[str]) -> tuple[float, dict[str, dict[str, float]]]:
    try:
        import scikit_posthocs
    except ImportError as error:
        raise UserError("this test needs scikit-posthocs: pip install 'medssl[study]'") from error
    p = float(friedmanchisquare(*scores.T).pvalue)
    matrix = np.asarray(scikit_posthocs.posthoc_nemenyi_friedman(scores))
    rows = zip(starts, matrix.tolist(), strict=True)
    return p, {start: dict(zip(starts, row, strict=True)) for start, row in rows}


def figure_of_ranks(ranks: Ranks) -> Any:
    """Mean ranks as a matplotlib figure: with bars over starts that are not told apart, if tested.

    Raises:
        UserError: matplotlib is not there.
    """
    from ..pictures import new_figure

    figure, axes = new_figure(1, width=7.0)
    axis = axes[0, 0]
    if ranks.p is None:
        _draw_intervals(ranks, axis)
    else:
        import pandas as pd
        import scikit_posthocs

        means = {name: rank.mean for name, rank in ranks.ranks.items()}
        scikit_posthocs.critical_difference_diagram(means, pd.DataFrame(ranks.pairs), ax=axis)
    return figure


def _draw_intervals(ranks: Ranks, axis: Any) -> None:
    order = sorted(ranks.ranks.items(), key=lambda entry: -entry[1].mean)
    for place, (_, rank) in enumerate(order):
        axis.plot([rank.low, rank.high], [place, place], color="#0072b2")
        axis.plot(rank.mean, place, "o", color="#0072b2")
    axis.set_yticks(range(len(order)), [name for name, _ in order])
    title = f"mean rank in {ranks.blocks} tasks, 1 the best, 95 % interval; no test below {BLOCKS}"
    axis.set_xlabel(f"{title} tasks\n{ranks.rests_on}", fontsize=8)
