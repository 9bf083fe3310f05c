"""Stores that never were: a function gives what each run finds, which can be counted by hand.

The paper's plan, or some of its experiments; every patient p of the test split adds ``STEP * p`` to
what a run finds, and nothing is left to chance.
"""

import json
import math
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pandas as pd

from medssl.study.plan import make_plan
from medssl.study.runs import Plan, Run
from medssl.study.settings import read_settings
from medssl.study.store import CASES, CURVES, Store

from .studies import STUDY

PATIENTS, STEP, SUBJECTS = 12, 0.01, 20
TILT = 1e-5  # of a gain over the patients, so that no two differences are tied; its mean is 0
# Classes and metrics of the cases of each task.
MARKED = {
    "ncs": (("class0",), ("dice", "iou", "miou", "miou_plus")),
    "lcs": (("liver_tumour",), ("dice", "iou")),
    "msd": (("liver", "tumour", "mean"), ("dice",)),
    "parts": (("anterior", "posterior", "mean"), ("dice",)),
}
AVERAGE = STEP * (PATIENTS - 1) / 2  # what the patients add to a mean
GAINS = {"scratch": 0.0, "mg": 0.1, "simclr": -0.1}


def gain(run: Run) -> float:
    """What a run finds by default: its start's gain over 0.5."""
    return 0.5 + GAINS.get(run.start, 0.0)


def made_up(
    *experiments: str,
    level: Callable[[Run], float] = gain,
    figures: Callable[[Run], dict[str, float]] = lambda run: {},
    seeds=(0, 1, 2),
    file: str = "study.yaml",
    without: Callable[[Run], bool] = lambda run: False,
    **changed,
) -> Store:
    """A store of some experiments.

    Args:
        experiments: of the study's file.
        level: what a run finds in its cases; a classification answers so many patients right.
        figures: metrics of whole runs.
        seeds: of the study.
        file: the study.
        without: runs that are not there.
        changed: experiments that are other than in the file.
    """
    plan = _plan(file, experiments, tuple(seeds), json.dumps(changed))
    there = {key: run for key, run in plan.runs.items() if not without(run)}
    rows = [_row(key, run, figures(run)) for key, run in there.items()]
    runs = pd.DataFrame(rows, columns=None if rows else ["key"])
    judged = {k: r for k, r in there.items() if r.kind in ("finetune", "tbs")}
    cases = [row for key, run in judged.items() for row in _cases(key, run, level(run))]
    curves = [row for key, run in judged.items() for row in _curve(key, run, level(run))]
    frames = pd.DataFrame(cases, columns=CASES), pd.DataFrame(curves, columns=CURVES)
    return Store(plan, runs.set_index("key", drop=False), *frames)


@cache
def _plan(file: str, experiments: tuple[str, ...], seeds: tuple[int, ...], changed: str) -> Plan:
    """Of some of a file's experiments and of ``changed`` ones, as JSON."""
    settings = read_settings(STUDY / file)
    every = {**settings["experiments"], **(own := json.loads(changed))}
    settings["experiments"] = {name: every[name] for name in (*experiments, *own)}
    return make_plan({**settings, "seeds": list(seeds), "pretrain_seeds": [0]}, {})


def by_distance(store: Store, task: str) -> Store:
    """The store with the task's dice as a distance: what lacks to 1, of which lower is better."""
    tasks = {**store.plan.tasks, task: {**store.plan.tasks[task], "metric": "hd95"}}
    cases = store.cases[store.cases["metric"] == "dice"]
    cases = cases.assign(metric="hd95", value=1 - cases["value"])
    return replace(store, plan=replace(store.plan, tasks=tasks), cases=cases)


def table(rows) -> pd.DataFrame:
    """Rows of a table by row and column."""
    return pd.DataFrame(rows).set_index(["row", "column"])


def _row(key: str, run: Run, figures: dict[str, float]) -> dict:
    patients = math.ceil(round(run.keys.get("label_fraction", 1) * SUBJECTS, 9))
    about = {"key": key, "kind": run.kind, "name": run.name, "start": run.start, "seed": run.seed}
    metrics = {f"metric_{name}": value for name, value in figures.items()}
    return {**about, "training_scans": 2 * patients, "training_patients": patients, **metrics}


def _cases(key: str, run: Run, level: float):
    for patient in range(PATIENTS):
        own = f"p{patient:02}"
        if run.name == "ncc":
            right = patient < round(level * PATIENTS)
            yield key, f"{own}/1", own, "1", "correct", float(right)
            yield key, f"{own}/0", own, "0", "correct", float(not right)
            yield key, f"{own}/1", own, "1", "probability_1", 0.9 if right else 0.1
            yield key, f"{own}/0", own, "0", "probability_1", 0.5
            continue
        labels, metrics = MARKED[run.name]
        for label in labels:
            for metric in metrics:
                found = level * (1 + TILT * (2 * patient - PATIENTS + 1)) + STEP * patient
                yield key, own, own, label, metric, found


def _curve(key: str, run: Run, level: float):
    metric = "auc" if run.name == "ncc" else "dice"
    return [(key, metric, 10, level / 2), (key, metric, 20, level)]
