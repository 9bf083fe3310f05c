"""``medssl analyse compare``: runs on disk, compared over seeds and patients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..errors import UserError
from .evidence import Comparison, MeanArm, MixedModel, arm_of, compare_arms, estimate, mixed_model
from .evidence import spread as spread_of
from .outcomes import CANDIDATES, Outcome, read_outcomes
from .statistics import Estimate

Runs = Mapping[str, Mapping[int, Sequence[Outcome]]]  # by arm and seed


@dataclass(frozen=True)
class RunComparison:
    """Arms beside a baseline.

    Attributes:
        metric, label: what was compared.
        baseline: name, with its ``mean`` and ``sd`` over runs.
        others: the comparisons.
        mixed: the same as a mixed model; None of AUCs, of a single run, or where statsmodels
            is not installed.
    """

    metric: str
    label: str | None
    baseline: str
    mean: Estimate
    sd: float
    others: tuple[Comparison, ...]
    mixed: MixedModel | None

    def record(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    def __str__(self) -> str:
        counted = f"{self.others[0].seeds} runs, {self.others[0].patients} patients"
        what = self.metric if self.label is None else f"{self.metric} of {self.label}"
        head = f"{what}, {counted}; intervals 95 %, over runs and patients"
        base = f"{self.baseline:<16}{self.mean}, sd {self.sd:.3f}: baseline"
        return "\n".join([head, base, *map(str, self.others)])


def compare_runs(
    arms: Sequence[str],
    data: str | Path,
    metric: str,
    label: str | None = None,
    baseline: str = "scratch",
    split: str = "test",
    fold: int | None = None,
    candidates: str = CANDIDATES,
) -> RunComparison:
    """Read the runs' outcomes and compare.

    Args:
        arms: ``NAME=FOLDER`` for each run; the n-th runs of all arms are of one seed.
        data: see :func:`~.outcomes.read_outcomes`, as are ``split``, ``fold``, ``candidates``.
        metric, label: see :func:`~.evidence.arm_of`.
        baseline: see :func:`~.evidence.compare_arms`.

    Raises:
        UserError: words that are no arm, or runs that cannot be compared.
    """
    read = read_runs(arms, data, split, fold, candidates)
    return compare_outcomes(read, metric, label, baseline)


def read_runs(
    arms: Sequence[str],
    data: str | Path,
    split: str = "test",
    fold: int | None = None,
    candidates: str = CANDIDATES,
) -> Runs:
    """Outcomes by arm and number of the run, see :func:`compare_runs`."""
    folders: dict[str, list[str]] = {}
    for word in arms:
        name, _, folder = word.partition("=")
        if not name or not folder:
            raise UserError(f"{word}: expected NAME=RUN, such as scratch=runs/scratch_0")
        folders.setdefault(name, []).append(folder)
    given = data, split, fold, candidates
    return {
        name: {seed: read_outcomes(folder, *given) for seed, folder in enumerate(runs)}
        for name, runs in folders.items()
    }


def compare_outcomes(
    read: Runs, metric: str, label: str | None = None, baseline: str = "scratch"
) -> RunComparison:
    """Compare arms, see :func:`compare_runs`.

    Args:
        read: outcomes by arm and seed.
        metric, label, baseline: see :func:`compare_runs`.
    """
    built = {name: arm_of(runs, metric, label, name) for name, runs in read.items()}
    others = tuple(compare_arms(built, baseline))
    base = built[baseline]
    means = {name: arm for name, arm in built.items() if isinstance(arm, MeanArm)}
    several = len(means) == len(built) and len(base.seeds) > 1 and len(base.patients) > 1
    there = find_spec("statsmodels") is not None
    mixed = mixed_model(means, baseline) if several and there else None
    return RunComparison(metric, label, baseline, estimate(base), spread_of(base), others, mixed)
