"""What a study will cost: a few steps of each kind of training, measured here."""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..analysis import estimate
from ..analysis.bundles import read_config
from ..errors import UserError
from ..files import read_object, write_json
from .runs import FINETUNE, PRETRAIN, Plan, Run

COST = "cost.json"
KIB, MIB = 2**10, 2**20
# Keys that change neither the steps nor what one of them takes.
CHEAP = ("transfer_parts", "transfer_from", "subset_seed", "learning_rate", "scheme")
Cost = dict[str, dict[str, Any]]


def measure_costs(plan: Plan, keys: Iterable[str], folder: Path, steps: int = 10) -> Cost:
    """Time a few steps for each group of runs that cost the same; what was measured is kept.

    Args:
        plan: of the study.
        keys: of the runs to ask for.
        folder: of the study; ``cost.json`` is written there, and read by its Snakefile.
        steps: to time, see :func:`~medssl.analysis.estimate`.

    Returns:
        By the key of a run ``minutes`` to its configured end (early stopping may end it before),
        ``memory_mib`` of the device, ``host_mib`` of the process and its workers (a bound: the most
        that the probes until then have used), ``disk_mib`` of its weights and the ``device``.

    Raises:
        UserError: data that are not there, or settings that do not run.
    """
    known = read_costs(folder)
    by_group = {_group(plan.runs[key]): known[key] for key in known if key in plan.runs}
    for key in keys:
        run = plan.runs[key]
        if run.kind not in (PRETRAIN, FINETUNE):
            continue
        if (group := _group(run)) not in by_group:
            by_group[group] = _measure(run, steps)
            print(f"{key}: {by_group[group]['minutes']:.3g} minutes", flush=True)
        known[key] = by_group[group]
        write_json(folder / COST, known)
    return known


def read_costs(folder: Path) -> Cost:
    """What was measured before; nothing where nothing was."""
    path = folder / COST
    return read_object(path, "remove it, and measure again") if path.is_file() else {}


def say_costs(costs: Mapping[str, Mapping[str, Any]], keys: Iterable[str], plan: Plan) -> str:
    """Hours and disk of these runs in one line, as far as they were measured."""
    trained = [key for key in keys if plan.runs[key].kind in (PRETRAIN, FINETUNE)]
    known = [costs[key] for key in trained if key in costs]
    if not known:
        return "hours and disk: not measured here; `medssl study cost` does it"
    hours = sum(one["minutes"] for one in known) / 60
    gigabytes = sum(one["disk_mib"] for one in known) / 1024
    devices = ", ".join(sorted({one["device"] for one in known}))
    return (
        f"at most {hours:.3g} hours on {devices} and {gigabytes:.3g} GiB of weights, of "
        f"{len(known)} of {len(trained)} trainings"
    )


def _measure(run: Run, steps: int) -> dict[str, Any]:
    if run.content["data"] is None:
        raise UserError(f"{run.data}: not a prepared data set, so nothing can be timed on it")
    found = estimate(list(run.files), run.data, steps, {**run.keys, **run.free, "seed": run.seed})
    return {
        "minutes": found.hours * 60,
        "memory_mib": found.memory_mib,
        "host_mib": _host_mib(run) + (found.memory_mib if found.device == "cpu" else 0),
        "disk_mib": sum(found.disk_mib.values()),
        "device": found.device,
    }


def _host_mib(run: Run) -> float:
    """Most that this process has used so far, and as many workers as the run has with it."""
    configured = read_config(list(run.files)).config["num_workers"]
    workers = {**run.keys, **run.free}.get("num_workers", configured)
    own, each = (
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return (own + workers * each) / (MIB if sys.platform == "darwin" else KIB)


def _group(run: Run) -> str:
    keys = {key: value for key, value in run.keys.items() if key not in CHEAP}
    return json.dumps([run.kind, run.files, keys, run.data], sort_keys=True)
