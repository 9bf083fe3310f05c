"""What is done for each kind of run: training, and measurements on what trainings left."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from ..analysis import probe_task, recollect_model
from ..analysis.bundles import run_here
from ..analysis.outcomes import read_outcomes, write_outcomes
from ..engines import read_times, read_trace
from ..engines.identity import RUN
from ..engines.trace import TRACE
from ..files import make_folder, read_object, sha256_of
from .runs import FINETUNE, PRETRAIN, Run

MODELS, FIGURES, METRICS, OUTCOMES = "models", "test", "metrics.json", "outcomes.csv"
RUNS = "runs"  # of a study's folder: where each run has its own
# Of an evaluation no more than this has to be told: the rest travels with the weights.
_START = ("transfer_parts", "transfer_from")
Found = dict[str, Any]


def models_of(study: Path, key: str) -> Path:
    """Folder of a run's weights."""
    return study / RUNS / key / MODELS


def train(run: Run, study: Path) -> Found:
    """Train, or go on, and evaluate on the test split."""
    models, figures = models_of(study, run.key), study / RUNS / run.key / FIGURES
    given = {"bundle_root": _bundle(run), "dataset_dir": run.data, "output_dir": models}
    start = {} if (source := _source(run, study)) is None else {"pretrained": source}
    run_here(run.files, {**run.free, **run.keys, "seed": run.seed, **given, **start})
    kept = {key: value for key, value in {**run.free, **run.keys}.items() if key not in _START}
    evaluate(run, {**kept, "seed": run.seed, **given}, figures)
    steps, times = read_trace(models / TRACE), read_times(models / TRACE).values()
    return {
        "metrics": read_object(figures / METRICS, "remove it and run this again"),
        "steps": len(steps),
        "seconds": round(sum(time.wait_s + time.step_s for time in times), 1),
        "run_hash": read_object(models / RUN, "start the run anew")["hash"],
        "model_sha256": sha256_of(models / "model.pt"),
    }


def evaluate(run: Run, keys: Mapping[str, Any], figures: Path) -> None:
    """Evaluate on the test split; metrics and outcomes of cases go to a folder of their own."""
    files = [*run.files, str(Path(run.files[0]).with_name("evaluate.json"))]
    if run.kind != PRETRAIN:
        run_here(files, {**keys, "report_dir": figures})
        named = {key: run.keys[key] for key in ("fold", "candidates") if key in run.keys}
        write_outcomes(read_outcomes(figures, run.data, **named), figures / OUTCOMES)
        return
    run_here(files, keys)
    make_folder(figures)
    shutil.copyfile(Path(keys["output_dir"]) / METRICS, figures / METRICS)


def probe(run: Run, study: Path) -> Found:
    """A linear classifier and nearest neighbours on the frozen features."""
    keys = {**run.free, **run.keys}
    branch = keys.pop("transfer_from", "online")
    keys = {key: value for key, value in keys.items() if key not in _START} | {"seed": run.seed}
    source = _source(run, study)
    found = probe_task(source or "", run.data, run.files, transfer_from=branch, overrides=keys)
    scores = {f"{s.features}, {s.classifier.split(',')[0]}": s for s in found.scores}
    return {
        "metrics": {name: score.auc.mean for name, score in scores.items()},
        "probe": {**asdict(found), "source": run.upstream[0] if run.upstream else run.weights},
    }


def tbs(run: Run, study: Path) -> Found:
    """The fine-tuned model with the batch-norm statistics of the target's data alone."""
    tuned = models_of(study, run.upstream[0])
    models, figures = models_of(study, run.key), study / RUNS / run.key / FIGURES
    keys = {**run.free, **run.keys}
    keys = {key: value for key, value in keys.items() if key not in _START}
    output = models / "model_tbs.pt"
    make_folder(models)
    shift = recollect_model(
        list(run.files), run.data, tuned / "model.pt", output, {**keys, "seed": run.seed}
    )
    given = {"bundle_root": _bundle(run), "dataset_dir": run.data, "output_dir": models}
    evaluate(run, {**keys, "seed": run.seed, **given, "model": output}, figures)
    metrics = read_object(figures / METRICS, "remove it and run this again")
    return {"metrics": metrics, "distances": shift.as_dict()}


KINDS: dict[str, Callable[[Run, Path], Found]] = {
    PRETRAIN: train,
    FINETUNE: train,
    "probe": probe,
    "tbs": tbs,
}


def device_name(run: Run) -> str:
    """What the run is computed on."""
    wanted = str(run.free.get("device", "cuda" if torch.cuda.is_available() else "cpu"))
    return torch.cuda.get_device_name(wanted) if wanted.startswith("cuda") else wanted


def _source(run: Run, study: Path) -> Path | str | None:
    """Weights that a run starts from: of the pretraining, or released ones."""
    if run.weights is not None:
        return run.weights
    return models_of(study, run.upstream[-1]) / "model.pt" if run.upstream else None


def _bundle(run: Run) -> Path:
    return Path(run.files[0]).parents[1]
