"""``medssl analyse compare``: runs on disk, compared over seeds and patients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..errors import UserError
from .evidence import (
    LOW_BEST,
    Comparison,
    MeanArm,
    MixedModel,
    arm_of,
    compare_arms,
    curves_of,
    estimate,
    mixed_model,
    sign_of,
    with_values,
)
from .evidence import spread as spread_of
from .evidence.verdict import GAIN, LOSS
from .outcomes import CANDIDATES, Outcome, read_outcomes
from .pictures import new_figure, save_figure
from .same_run import marks_of_run
from .statistics import Estimate

COLOURS = {GAIN: "#1b7f5c", LOSS: "#b5542c"}

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
        left_out: by arm, how many cases have no value in some run of it; no arm is judged on them.
    """

    metric: str
    label: str | None
    baseline: str
    mean: Estimate
    sd: float
    others: tuple[Comparison, ...]
    mixed: MixedModel | None
    left_out: dict[str, int]

    def record(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    def __str__(self) -> str:
        runs = self.others[0].seeds
        counted = f"{runs} run{'s' * (runs > 1)}, {self.others[0].patients} patients"
        what = self.metric if self.label is None else f"{self.metric} of {self.label}"
        what += f", {LOW_BEST}" if sign_of(self.metric) < 0 else ""
        head = f"{what}, {counted}; intervals 95 %, over runs and patients"
        base = f"{self.baseline:<16}{self.mean}, sd {self.sd:.3f}: baseline"
        gone = ", ".join(f"{name} {count}" for name, count in self.left_out.items())
        note = [f"cases without a value, left out of all arms: {gone}"] if gone else []
        return "\n".join([head, base, *map(str, self.others), *note])


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
    """Outcomes by arm and number of the run, see :func:`compare_runs`.

    Raises:
        UserError: words that are no arm, runs that cannot be read, or one run twice.
    """
    read: dict[str, dict[int, list[Outcome]]] = {}
    known: dict[str, str] = {}
    for word in arms:
        name, _, folder = word.partition("=")
        if not name or not folder:
            raise UserError(f"{word}: expected NAME=RUN, such as scratch=runs/scratch_0")
        marks = marks_of_run(folder)
        if again := marks & known.keys():
            raise UserError(
                f"{word}: the run of {known[min(again)]} once more, by its folder or its weights, "
                "which would count as another; name each run once"
            )
        known.update(dict.fromkeys(marks, word))
        runs = read.setdefault(name, {})
        runs[len(runs)] = read_outcomes(folder, data, split, fold, candidates)
    return read


def compare_outcomes(
    read: Runs, metric: str, label: str | None = None, baseline: str = "scratch"
) -> RunComparison:
    """Compare arms, see :func:`compare_runs`.

    Arms whose names end in ``@N``, such as ``mg@20``, are points of label curves: the areas under
    the curves of each name are compared.

    Args:
        read: outcomes by arm and seed.
        metric, label, baseline: see :func:`compare_runs`.
    """
    kept, left_out = with_values(read, metric, label)
    built = curves_of({name: arm_of(runs, metric, label, name) for name, runs in kept.items()})
    others = tuple(compare_arms(built, baseline))
    base = built[baseline]
    means = {name: arm for name, arm in built.items() if isinstance(arm, MeanArm)}
    several = len(means) == len(built) and len(base.seeds) > 1 and len(base.patients) > 1
    there = find_spec("statsmodels") is not None
    mixed = mixed_model(means, baseline) if several and there else None
    figures = estimate(base), spread_of(base), others, mixed
    return RunComparison(metric, label, baseline, *figures, left_out)


def draw_comparison(found: RunComparison, path: Path) -> None:
    """Picture of the differences from the baseline: intervals, and a dot for each run.

    Raises:
        UserError: the picture cannot be written.
    """
    height = 1.2 + 0.4 * len(found.others)
    figure, axes = new_figure(1, width=7.0, height=height)
    axis = axes[0, 0]
    for place, each in enumerate(reversed(found.others)):
        colour = COLOURS.get(each.verdict, "#777777")
        ends = [each.difference.low, each.difference.high]
        axis.plot(ends, [place, place], color=colour, linewidth=2)
        axis.plot(each.difference.mean, place, "D", color=colour)
        axis.plot(each.by_seed, [place + 0.15] * len(each.by_seed), ".", color=colour, alpha=0.6)
    names = [f"{each.name}: {each.verdict}" for each in reversed(found.others)]
    axis.set_yticks(range(len(names)), names)
    axis.set_ylim(-0.6, len(names) - 0.3)
    axis.axvline(0, color="black", linewidth=0.8)
    axis.set_xlabel(f"difference of {found.metric} from {found.baseline}, 95 %; dots: single runs")
    save_figure(figure, path)
