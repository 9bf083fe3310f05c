"""What a study's short names stand for."""

from __future__ import annotations

import json

from ..catalogue import SCRATCH
from ..runs import FINETUNE, PRETRAIN, Plan
from .costs import Listing


def names_of(plan: Plan) -> Listing:
    """Starts and tasks by name: bundle, and what sets a variant apart from its method."""
    starts = dict.fromkeys(cell.start for cell in plan.cells)
    rows = [(start, "start", _start(plan, start)) for start in starts]
    rows += [(task, "task", _task(plan, task)) for task in plan.tasks]
    return Listing("Names", ("name", "is a", "which stands for"), rows)


def _start(plan: Plan, start: str) -> str:
    if start == SCRATCH:
        return "random weights, no pretraining"
    own = [run for run in plan.runs.values() if run.kind == PRETRAIN and run.start == start]
    if not own:
        return "released weights"
    run = own[0]
    usual = next(each for each in plan.runs.values() if each.bundle == run.bundle)
    apart = {key: value for key, value in run.keys.items() if usual.keys.get(key) != value}
    return f"{run.bundle}, {_keys(apart)}" if apart else run.bundle


def _task(plan: Plan, task: str) -> str:
    bundles = [r.bundle for r in plan.runs.values() if r.kind == FINETUNE and r.name == task]
    return ", ".join([*bundles[:1], f"metric {plan.tasks[task]['metric']}"])


def _keys(keys: dict[str, object]) -> str:
    return ", ".join(f"{key} {json.dumps(value)}" for key, value in keys.items())
