"""Reading what a run left in its folder."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ...engines import StepTime, read_metrics, read_times, read_trace
from ...engines.crop_report import CROPS
from ...engines.evaluation import METRICS, of_other_weights, read_evaluation
from ...engines.identity import FORM, RUN, flatten
from ...engines.stopped import read_stop
from ...engines.trace import TRACE, read_entries
from ...engines.trained import RULE
from ...engines.whole_trace import other_trace, trace_damage
from ...errors import UserError
from ...forms import check_form, code_in
from ...store.contract import SCAN
from ..bundles import Config, find_bundles, read_config, read_json
from .damage import check_version, file_damage, least_progress

METHOD = "train::preprocessing::_target_"
TASK = "medssl.transforms.Augmentation"  # that of every task; a pretext transform else
MEND = "put it back, or train again"


@dataclass(frozen=True)
class RunRecord:
    """One run: its configuration and what it wrote while training.

    ``scan`` says how its scans are to be understood and what it made of them, with the crop rule
    that it found; ``losses`` and ``times`` go by iteration, ``metrics`` by epoch, ``leaves`` by
    path (``train::trainer::max_epochs``); ``epochs`` are those begun; ``evaluation`` is the content
    of ``metrics.json``; ``damage`` has a line for all that is wrong with the folder's files, and
    for the error that the run died of.
    """

    folder: Path
    leaves: Mapping[str, Any]
    validation_scans: int
    epochs: int
    losses: Mapping[int, float]
    metrics: Mapping[int, Mapping[str, float]]
    times: Mapping[int, StepTime] = field(default_factory=dict)
    evaluation: Mapping[str, float] = field(default_factory=dict)
    damage: tuple[str, ...] = ()
    scan: Mapping[str, Any] = field(default_factory=dict)

    @property
    def steps(self) -> int:
        """Training steps done."""
        return max(self.losses, default=0)

    @property
    def finished(self) -> bool:
        """Whether the last configured epoch has been reached."""
        return self.epochs >= int(self.leaves.get("max_epochs", 1))

    def latest(self, name: str) -> float | None:
        """The latest value of a metric: of the last validation with it, else of the evaluation."""
        return self.latest_with(name).get(name)

    def latest_with(self, name: str) -> Mapping[str, float]:
        """All metrics of the latest validation with this one, else those of the evaluation."""
        for values in reversed(list(self.metrics.values())):
            if name in values:
                return values
        return self.evaluation


def read_run(folder: str | Path) -> RunRecord:
    """Read ``run.json`` and ``trace.jsonl``, and ``metrics.json`` where there is one.

    Raises:
        UserError: no run lives in the folder, another version wrote it, it has not trained a step
            yet, or its files are damaged.
    """
    folder = Path(folder)
    if not (folder / RUN).is_file():
        kind = "no run in it" if folder.is_dir() else "a file" if folder.is_file() else "not there"
        raise UserError(f"{folder}: {kind} (no {RUN}); give the output_dir of a run")
    run = read_json(folder / RUN)
    check_version(folder / RUN, run)
    check_form(run, FORM, folder / RUN, MEND)
    scan = {**run.get(SCAN, {}), **_rule_found(folder / CROPS)}
    if place := code_in(scan, SCAN):
        raise UserError(f"{folder / RUN}: damaged ({place} is code, expected a value); {MEND}")
    least, trace = least_progress(folder), folder / TRACE
    losses = read_trace(trace) if trace.is_file() else {}
    lack = trace_damage(folder, losses, least.steps) or other_trace(trace, least.trace)
    if not losses:
        stop = read_stop(folder)
        raise UserError(
            lack
            or (stop and f"{folder}: {stop}")
            or f"{trace}: no training step yet; wait for the first ones to be logged"
        )
    record = RunRecord(
        folder=folder,
        leaves=run.get("config", {}),
        validation_scans=len(run.get("data", {}).get("validation", [])),
        epochs=max(entry.get("epoch", 0) for entry in read_entries(trace)),
        losses=losses,
        metrics=read_metrics(trace),
        times=read_times(trace),
        evaluation=_evaluation(folder),
        scan=scan,
    )
    damage = (*((lack,) if lack else ()), *file_damage(folder, record.finished))
    return replace(record, damage=damage)


def _evaluation(folder: Path) -> dict[str, Any]:
    """The figures of the run's own weights; that there are others is told on standard error."""
    if reason := of_other_weights(folder):
        print(reason, file=sys.stderr, flush=True)
        return {}
    return read_evaluation(folder) if (folder / METRICS).is_file() else {}


def _rule_found(path: Path) -> dict[str, Any]:
    """The crop rule of a run, what it made of ``auto``."""
    crops = read_json(path) if path.is_file() else {}
    return {RULE: crops[RULE]} if RULE in crops else {}


def check_pretrains(run: RunRecord) -> None:
    """Refuse the run of a task, such as a fine-tuning.

    Raises:
        UserError: it is one; with what to judge it by instead.
    """
    if run.leaves.get(METHOD) == TASK:
        raise UserError(
            f"{run.folder}: the run of a task, expected that of a pretraining; evaluate it with "
            "its bundle's evaluate.json, or see how it learns by `medssl analyse convergence "
            f"{run.folder} --metric ...`"
        )


def nest(leaves: Mapping[str, Any]) -> Config:
    """The configuration whose leaves by path are ``leaves``: what ``run.json`` holds, undone."""
    root: Config = {}
    for path, value in leaves.items():
        node = root
        *parents, last = path.split("::")
        for part in parents:
            node = node.setdefault(part, {})
        node[last] = value
    return {key: _lists(value) for key, value in root.items()}


def _lists(node: Any) -> Any:
    if not isinstance(node, dict):
        return node
    children = {key: _lists(value) for key, value in node.items()}
    if children and all(key.isdigit() for key in children):
        return [children[key] for key in sorted(children, key=int)]
    return children


def bundle_of(run: RunRecord, bundles: str | Path | None = None) -> Path:
    """The bundle whose ``train.json`` is nearest to the run's configuration.

    Args:
        run: the run; its pretext transform must be the bundle's.
        bundles: folder of the bundles; by default the one beside the installed library.

    Raises:
        UserError: no bundle trains with that transform.
    """
    best, most = None, -1
    for folder in find_bundles(bundles, "pretrain_*"):
        leaves = flatten(read_config(folder).config)
        if METHOD not in leaves or leaves[METHOD] != run.leaves.get(METHOD):
            continue
        same = sum(run.leaves.get(path) == value for path, value in leaves.items())
        if same > most:
            best, most = folder, same
    if best is None:
        raise UserError(
            f"{run.folder}: the run of no pretraining bundle ({METHOD} is "
            f"{run.leaves.get(METHOD)!r}); of a method of your own name its bundle's folder with "
            "--bundle"
        )
    return best
