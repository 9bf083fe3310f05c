"""How much better than an answer that needs no learning."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import ignite.distributed as idist
import numpy as np
import torch
from ignite.engine import Engine
from ignite.exceptions import NotComputableError
from ignite.metrics import Metric
from torch import Tensor

from .bootstrap import Values, draw_clusters, percentile_interval

COVERAGE = 0.95
RESAMPLES = 2000
PERFECT = 1e-12  # an error that is none but for rounding


def skill_of(error: Values, trivial: Values) -> Values:
    """``1 - error / trivial``: 1 perfect, 0 as good as the trivial answer, below 0 worse.

    Beside a trivial answer that is perfect nobody can be better: 0 for another perfect answer, -1
    for any other. NaN where the error is.
    """
    beaten = trivial > PERFECT
    beside_perfect = np.where(np.isnan(error), error, np.where(error > PERFECT, -1.0, 0.0))
    return np.where(beaten, 1 - error / np.where(beaten, trivial, 1), beside_perfect)


class SkillMetric(Metric):
    """Figures of a pretext task beside those of trivial answers to the very same samples.

    Put among an evaluator's metrics it adds ``skill``, ``skill_low`` and ``skill_high`` (a 95 %
    bootstrap interval over scans, as crops of one scan resemble each other; NaN for a single scan),
    ``skill_scans`` and ``skill_scans_above`` (how many scans there are, and in how many of them the
    skill is above 0, of which an exact interval follows) and what the family reports of the trivial
    answers. The batch must name its samples' scans (``case``). ``name`` replaces "skill", for a
    task that is measured twice. While rows are counted, ``gathered_cases`` names the scan of each.

    A family says what it keeps of each sample (:meth:`collect`), how samples are counted once all
    are known (:meth:`tally`), which trivial answer is given where there are several
    (:meth:`settle`), and what follows from totals over samples (:meth:`skill`, :meth:`figures`).
    """

    def __init__(self, name: str = "skill") -> None:
        self.name = name
        super().__init__(metrics_result_mode="flatten")

    @abstractmethod
    def collect(self, output: Any) -> Tensor:
        """What is kept of a batch, ``(B, n)``, from the engine's output."""

    @abstractmethod
    def skill(self, totals: Values) -> Values:
        """Skill for each row of totals ``(R, k)``."""

    @abstractmethod
    def figures(self, totals: Values) -> dict[str, float]:
        """What else is reported, from the totals ``(k,)`` of all samples."""

    def tally(self, kept: Tensor) -> Values:
        """Countable rows ``(N, k)`` of all kept samples ``(N, n)``."""
        rows: Values = kept.double().numpy()
        return rows

    def settle(self, totals: Values) -> None:
        """Choose a trivial answer by the totals ``(k,)`` of all samples, for all rows of totals."""

    def reset(self) -> None:
        """Start a new run."""
        self._kept: list[Tensor] = []
        self._cases: list[str] = []

    def iteration_completed(self, engine: Engine) -> None:
        """Take a batch, with the scans its samples come from."""
        self.update((engine.state.output, engine.state.batch["case"]))

    def update(self, output: Any) -> None:
        """Add the engine's output and the names of its samples' scans."""
        self._kept.append(self.collect(output[0]).detach().cpu())
        self._cases += [str(case) for case in output[1]]

    def compute(self) -> dict[str, float]:
        """All figures of all ranks' samples.

        Raises:
            NotComputableError: there was no sample.
        """
        kept = torch.cat(self._kept) if self._kept else torch.empty(0, 0)
        cases = self._cases
        if idist.get_world_size() > 1:
            parts: list[Any] = [None] * idist.get_world_size()
            torch.distributed.all_gather_object(parts, (kept, cases))
            kept = torch.cat([part for part, _ in parts if len(part)])
            cases = [case for _, names in parts for case in names]
        if not len(kept):
            raise NotComputableError(f"{type(self).__name__}: no held-out sample")
        self.gathered_cases = cases
        rows = self.tally(kept)
        total = rows.sum(0)
        self.settle(total)
        sums = _by_scan(rows, cases)
        low, high = self._interval(sums)
        scores = {
            "": float(self.skill(total[None])[0]),
            **{"_low": low, "_high": high},
            "_scans": len(sums),
            "_scans_above": int((self.skill(sums) > 0).sum()),
        }
        found = {f"{self.name}{end}": value for end, value in scores.items()}
        return {**found, **self.figures(total)}

    def _interval(self, sums: Values) -> tuple[float, float]:
        """Of the sums of each scan."""
        if len(sums) < 2:
            return float("nan"), float("nan")
        totals = draw_clusters(len(sums), RESAMPLES, seed=0) @ sums
        return percentile_interval(self.skill(totals), COVERAGE)


def _by_scan(rows: Values, cases: list[str]) -> Values:
    """Rows added up over the samples of each scan."""
    names, member = np.unique(np.asarray(cases), return_inverse=True)
    sums = np.zeros((len(names), rows.shape[1]))
    np.add.at(sums, member, rows)
    return sums
