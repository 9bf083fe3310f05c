"""All results of a study in three tables: of runs, of figures of cases, of validations."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import UserError
from ..files import write_atomically
from ..store.lock import LOCK
from .places import without_folders
from .result import INFEASIBLE, OUTCOMES_SHA256, RESULT, read_result
from .runs import Plan, Run, read_plan
from .train import FIGURES, OUTCOMES, RUNS, check_outcomes
from .work import ERROR

STORE = "store"
LOG = "log.txt"  # of a run, as the engine writes it
_TAIL = 4096  # bytes of a log that hold its last line
ABOUT = (
    "training_scans",
    "training_patients",
    "steps",
    "seconds",
    "device",
    "run_hash",
    "model_sha256",
    "started",
    "finished",
)
CASES = ("key", "case", "patient", "label", "metric", "value")
CURVES = ("key", "metric", "step", "value")


@dataclass(frozen=True)
class Store:
    """Results of a study; ``result.json`` of each run stays what counts.

    Attributes:
        plan: which run is what for.
        runs: one row for each finished run, by ``key``: ``kind``, ``name`` (task or method),
            ``start``, ``seed``, ``experiments`` that use it, ``keys`` as JSON, ``data`` (digest),
            what ``ABOUT`` names, the versions of medssl's packages as JSON, ``path``, and each
            metric as ``metric_NAME``.
        cases: one row for each figure of a case, with the columns of ``CASES``.
        curves: one row for each figure of a validation, with the columns of ``CURVES``.
        infeasible: by key, why the data do not hold what a run, or one that it rests on, asks for.
        failed: by key, what a run that has no result said last.
    """

    plan: Plan
    runs: pd.DataFrame
    cases: pd.DataFrame
    curves: pd.DataFrame
    infeasible: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    def of(self, key: str) -> pd.DataFrame:
        """The rows of ``cases`` of one run."""
        return self._by_key.get(key, self.cases.iloc[:0])

    @cached_property
    def _by_key(self) -> dict[str, pd.DataFrame]:
        return {str(key): frame for key, frame in self.cases.groupby("key")}

    def write(self, folder: Path) -> None:
        """Write ``store/runs.parquet``, ``cases.parquet`` and ``curves.parquet`` of a study."""
        frames = {"runs": self.runs, "cases": self.cases, "curves": self.curves}
        for name, frame in frames.items():
            write_atomically(folder / STORE / f"{name}.parquet", frame.to_parquet)


def collect(folder: str | Path) -> Store:
    """Read what a study has found so far.

    Args:
        folder: of the study, with ``plan.json``.

    Raises:
        UserError: no plan there, or a ``result.json`` or a table of cases that is damaged, or
            another run's.
    """
    folder = Path(folder)
    plan, runs_here = read_plan(folder), folder / RUNS
    if os.path.lexists(runs_here) and not runs_here.is_dir():
        raise UserError(f"{runs_here}: no folder; put that of the study's runs there")
    used = _used(plan)
    rows, cases, curves, infeasible = [], [], [], {}
    failed = failures(folder, plan)
    for key, run in plan.runs.items():
        path = folder / RUNS / key
        if not (path / RESULT).is_file():
            continue
        result = read_result(path)
        if reason := result.get(INFEASIBLE):
            infeasible[key] = reason
            continue
        check_outcomes(path, result)
        rows.append(_row(run, result, ",".join(used[key])))
        curves += _curves(result)
        if OUTCOMES_SHA256 in result:
            cases.append(_outcomes(path / FIGURES / OUTCOMES).assign(key=key)[list(CASES)])
    runs = pd.DataFrame(rows, columns=None if rows else ["key"]).set_index("key", drop=False)
    every = pd.concat(cases, ignore_index=True) if cases else pd.DataFrame(columns=list(CASES))
    return Store(plan, runs, every, pd.DataFrame(curves, columns=list(CURVES)), infeasible, failed)


def _used(plan: Plan) -> dict[str, list[str]]:
    """Experiments that use each run."""
    used: dict[str, list[str]] = {key: [] for key in plan.runs}
    for cell in plan.cells:
        if cell.experiment not in used[cell.key]:
            used[cell.key].append(cell.experiment)
    return used


def _outcomes(path: Path) -> pd.DataFrame:
    """Figures of cases.

    Raises:
        UserError: it is damaged.
    """
    mend = f"remove {RESULT} beside its folder, and start the study again"
    try:
        found = pd.read_csv(path, dtype={"case": str, "patient": str})
        found["label"] = found["label"].astype(str)
        found["value"] = found["value"].astype(float)
        damaged = found[["case", "patient", "metric"]].isna().any(axis=None)
    except (KeyError, ValueError) as error:
        raise UserError(f"{path}: damaged ({error}); {mend}") from error
    if damaged or found.empty:
        raise UserError(f"{path}: damaged (rows without a case or a metric, or none); {mend}")
    return found


def failures(folder: Path, plan: Plan) -> dict[str, str]:
    """The error of each run that has no result, is not at work and whose log ends with one."""
    found = {}
    for key in plan.runs:
        log = folder / RUNS / key / LOG
        if log.is_file() and not any(log.with_name(name).is_file() for name in (RESULT, LOCK)):
            with log.open("rb") as stream:
                stream.seek(max(0, log.stat().st_size - _TAIL))
                last = (stream.read().decode("utf-8", "replace").splitlines() or [""])[-1]
            if last.startswith(ERROR):
                found[key] = without_folders(last.removeprefix(ERROR), plan, folder)
    return found


def _curves(result: dict[str, Any]) -> list[tuple[str, str, int, float]]:
    return [
        (result["key"], metric, step, value)
        for metric, curve in result.get("validation", {}).items()
        for step, value in curve
    ]


def _row(run: Run, result: dict[str, Any], experiments: str) -> dict[str, Any]:
    metrics = {
        f"metric_{name}": float(value)
        for name, value in result["metrics"].items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
    return {
        **{name: getattr(run, name) for name in ("key", "kind", "name", "start", "bundle", "seed")},
        "experiments": experiments,
        "keys": json.dumps(run.keys, sort_keys=True),
        "data": run.content["data"],
        **{name: result.get(name) for name in ABOUT},
        "versions": json.dumps(result["versions"], sort_keys=True),
        "path": f"{RUNS}/{result['key']}",
        **metrics,
    }
