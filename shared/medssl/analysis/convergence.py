"""How fast does a run learn? Steps to a share of the best, and the area under the curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..engines.run_state import read_progress
from ..engines.trace import TRACE, read_entries, read_metrics
from ..engines.whole_trace import other_trace
from ..errors import UserError
from .evidence import sign_of
from .pictures import new_figure, save_figure

SHARES = (0.5, 0.9, 0.95)


@dataclass(frozen=True)
class Convergence:
    """A run's validation curve.

    Attributes:
        run: its folder.
        metric: read.
        steps, values: of the validations.
        best: highest value, or where lower is better the lowest; and the step of its first time.
        area: mean height of the curve between the first validation and ``until``, by trapezia.
        until: step at which the shortest of the runs ends.
        reached: step at which the curve first reaches a share of ``target``, between validations
            on a straight line; None where it never does. Where lower is better, a share is reached
            where ``target`` is that share of the value: 50 % of 0.02 at 0.04.
        target: best value of the best run, of which the shares are taken.
    """

    run: str
    metric: str
    steps: tuple[int, ...]
    values: tuple[float, ...]
    best: float
    best_step: int
    area: float
    until: int
    reached: dict[str, float | None]
    target: float

    def __str__(self) -> str:
        times = "  ".join(
            f"{share} at {'never' if step is None else f'{step:.0f}'}"
            for share, step in self.reached.items()
        )
        return (
            f"{self.run}: {self.metric} best {self.best:.4g} at step {self.best_step}, "
            f"mean to step {self.until} {self.area:.4g}; of {self.target:.4g} {times}"
        )


def read_curves(run: str | Path) -> dict[str, dict[int, float]]:
    """Every validation metric of a run, by training step.

    Args:
        run: its folder, or its trace.jsonl.

    Raises:
        UserError: no trace, or a damaged line.
    """
    path = _trace_of(run)
    if not path.is_file():
        raise UserError(f"{path}: no such file; expected the folder of a run")
    ends: dict[int, int] = {}
    for entry in read_entries(path):
        if "iteration" in entry:
            ends[entry["epoch"]] = max(ends.get(entry["epoch"], 0), entry["iteration"])
    found: dict[str, dict[int, float]] = {}
    for epoch, metrics in read_metrics(path).items():
        for name, value in metrics.items():
            found.setdefault(name, {})[ends[epoch]] = value
    return {name: dict(sorted(curve.items())) for name, curve in found.items()}


def read_curve(run: str | Path, metric: str) -> dict[int, float]:
    """A validation metric by training step.

    Args:
        run: folder of a run, or its trace.jsonl.
        metric: such as ``dice``, ``auc`` or, of which lower is better, ``mse``.

    Raises:
        UserError: no trace, no such metric, a damaged line, or the checkpoint beside the trace is
            damaged or of another run.
    """
    found, path = read_curves(run), _trace_of(run)
    if reason := other_trace(path, read_progress(path.parent).trace):
        raise UserError(reason)
    if metric not in found:
        names = ", ".join(sorted(found)) or "one"
        raise UserError(f"{path}: no validation of {metric}; expected {names}")
    return found[metric]


def _trace_of(run: str | Path) -> Path:
    return Path(run) / TRACE if Path(run).is_dir() else Path(run)


def steps_to(curve: Mapping[int, float], value: float) -> float | None:
    """The step at which a curve first is as high as a value, on straight lines in between."""
    before: tuple[int, float] | None = None
    for step, height in curve.items():
        if height >= value:
            if before is None:
                return float(step)
            start, low = before
            return start + (step - start) * (value - low) / (height - low)
        before = step, height
    return None


def mean_height(curve: Mapping[int, float], until: int) -> float:
    """Area under a curve from its first validation to a step, divided by that span."""
    steps, values = np.array(list(curve)), np.array(list(curve.values()))
    if until <= steps[0]:
        return float(values[0])
    kept = steps < until
    x = np.append(steps[kept], until)
    y = np.append(values[kept], np.interp(until, steps, values))
    return float(np.trapezoid(y, x) / (x[-1] - x[0]))


def compare_convergence(
    runs: Sequence[str | Path], metric: str, shares: Sequence[float] = SHARES
) -> list[Convergence]:
    """Curves of runs on one scale: shares of the best run's best value, areas to the shortest end.

    Args:
        runs: folders, or their traces.
        metric: see :func:`read_curve`.
        shares: of the best value, in (0, 1].

    Raises:
        UserError: no run, a share out of range, or see :func:`read_curve`.
    """
    if not runs:
        raise UserError("runs: none; name the folder of a run or more")
    _check_shares(shares)
    return compare_curves({str(run): read_curve(run, metric) for run in runs}, metric, shares)


def compare_curves(
    curves: Mapping[str, Mapping[int, float]], metric: str, shares: Sequence[float] = SHARES
) -> list[Convergence]:
    """The same of curves that were read before; see :func:`compare_convergence`.

    Args:
        curves: by run, values by training step.
        metric: their name.
        shares: of the best value, in (0, 1].

    Raises:
        UserError: a share out of range.
    """
    _check_shares(shares)
    sign = sign_of(metric)
    upward = {run: {step: sign * v for step, v in curve.items()} for run, curve in curves.items()}
    target = sign * max(max(curve.values()) for curve in upward.values())
    goals = {f"{share:.0%}": sign * target * share**sign for share in shares}
    until = min(max(curve) for curve in curves.values())
    found = []
    for run, curve in curves.items():
        best = max(curve, key=upward[run].__getitem__)
        reached = {share: steps_to(upward[run], goal) for share, goal in goals.items()}
        points = tuple(curve), tuple(curve.values())
        ends = curve[best], best, mean_height(curve, until), until
        found.append(Convergence(run, metric, *points, *ends, reached, target))
    return found


def _check_shares(shares: Sequence[float]) -> None:
    if not all(0 < share <= 1 for share in shares):
        raise UserError(f"shares: {list(shares)}, expected numbers above 0 and up to 1")


def convergence_record(found: Sequence[Convergence]) -> dict[str, Any]:
    """For JSON."""
    return {"runs": [asdict(each) for each in found]}


def draw_convergence(found: Sequence[Convergence], path: Path) -> None:
    """Picture of the validation curves over steps.

    Raises:
        UserError: the picture cannot be written.
    """
    figure, axes = new_figure(1, width=6.5)
    axis = axes[0, 0]
    for each in found:
        axis.plot(each.steps, each.values, marker="o", markersize=3, label=each.run)
    axis.set_xlabel("training step")
    axis.set_ylabel(f"validation {found[0].metric}")
    axis.grid(alpha=0.3)
    axis.legend(fontsize=8)
    save_figure(figure, path)
