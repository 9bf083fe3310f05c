"""A training of a study, and its evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from ..analysis.bundles import evaluation_beside, run_here
from ..analysis.convergence import read_curves
from ..analysis.outcomes import read_outcomes, write_outcomes
from ..analysis.restored import draw_restored, restore_with
from ..engines import read_times, read_trace
from ..engines.evaluation import copy_evaluation, read_evaluation
from ..engines.identity import RUN
from ..engines.trace import TRACE
from ..errors import UserError, one_line
from ..files import make_folder, read_object, sha256_of
from .result import OUTCOMES_SHA256, RESULT, read_result
from .runs import PRETRAIN, Run

MODELS, FIGURES, OUTCOMES = "models", "test", "outcomes.csv"
RUNS = "runs"  # of a study's folder: where each run has its own
RESTORED = "restored.png"
RESTORING = ("pretrain_models_genesis", "pretrain_autoencoder")
_START = ("transfer_parts", "transfer_from")  # keys of a start alone
Found = dict[str, Any]


def models_of(study: Path, key: str) -> Path:
    """Folder of a run's weights."""
    return study / RUNS / key / MODELS


def check_weights(study: Path, key: str) -> None:
    """Refuse weights of a finished run that were replaced since: others would start from them.

    Raises:
        UserError: its result is damaged, or of other weights than those that lie there.
    """
    folder, weights = study / RUNS / key, models_of(study, key) / "model.pt"
    noted = read_result(folder).get("model_sha256")
    if noted is not None and weights.is_file() and sha256_of(weights) != noted:
        raise UserError(
            f"{weights}: other weights than those that {folder / RESULT} is of (SHA-256); put "
            f"these back, or remove {folder}, and start the study again"
        )


def check_outcomes(run: Path, result: Mapping[str, Any]) -> None:
    """Refuse a table of cases that is not the one that a finished run has left.

    Args:
        run: its folder.
        result: see :func:`~.result.read_result`.

    Raises:
        UserError: its result is of another table (SHA-256), one or none, than lies there.
    """
    table = run / FIGURES / OUTCOMES
    found = sha256_of(table) if table.is_file() else None
    if found != result.get(OUTCOMES_SHA256):
        raise UserError(
            f"{table}: not the table of cases that {run / RESULT} is of (SHA-256): gone, or "
            f"changed since; put it back, or remove {run / RESULT}, and start the study again"
        )


def train(run: Run, study: Path) -> Found:
    """Train, or go on, and evaluate on the test split."""
    models, figures = models_of(study, run.key), study / RUNS / run.key / FIGURES
    given = {"bundle_root": bundle_of(run), "dataset_dir": run.data, "output_dir": models}
    start = {} if (source := source_of(run, study)) is None else {"pretrained": source}
    run_here(run.files, {**run.free, **run.keys, "seed": run.seed, **given, **start})
    evaluate(run, {**settings_of(run), **given}, figures)
    draw_pretext(run, models, figures)
    about = read_object(models / RUN, "start the run anew")
    steps, times = read_trace(models / TRACE), read_times(models / TRACE).values()
    return {
        "metrics": read_evaluation(figures),
        "steps": len(steps),
        "seconds": round(sum(time.wait_s + time.step_s for time in times), 1),
        "training_scans": len(about["data"]["training"]),
        "training_patients": len({item["patient"] for item in about["data"]["training"]}),
        "validation": {name: list(c.items()) for name, c in read_curves(models / TRACE).items()},
        "run_hash": about["hash"],
        "model_sha256": sha256_of(models / "model.pt"),
    }


def evaluate(run: Run, keys: Mapping[str, Any], figures: Path) -> None:
    """Evaluate on the test split; metrics and outcomes of cases go to a folder of their own."""
    files = [*run.files, evaluation_beside(run.files[0])]
    if run.kind != PRETRAIN:
        run_here(files, {**keys, **run.judged, "report_dir": figures})
        named = {key: run.keys[key] for key in ("fold", "candidates") if key in run.keys}
        write_outcomes(read_outcomes(figures, run.data, **named), figures / OUTCOMES)
        return
    run_here(files, {**keys, **run.judged})
    make_folder(figures)
    copy_evaluation(Path(keys["output_dir"]), figures)


def draw_pretext(run: Run, models: Path, figures: Path) -> None:
    """Picture ``restored.png`` of what a pretraining that restores makes of corrupted crops.

    What cannot be drawn costs a line, not the run.
    """
    if run.kind != PRETRAIN or run.bundle not in RESTORING:
        return
    try:
        word = f"{run.start}={models / 'model.pt'}"
        found = restore_with([word], run.data, run.files, overrides=shared_keys(run))
        draw_restored(found, figures / RESTORED)
    except Exception as error:
        print(f"no picture of restored crops: {one_line(error)}")


def shared_keys(run: Run) -> dict[str, Any]:
    """Keys of a pretraining by which others restore the same crops; skips are the model's own."""
    return {key: value for key, value in settings_of(run).items() if key != "skip"}


def device_name(run: Run) -> str:
    """What the run is computed on."""
    wanted = str(run.free.get("device", "cuda" if torch.cuda.is_available() else "cpu"))
    return torch.cuda.get_device_name(wanted) if wanted.startswith("cuda") else wanted


def settings_of(run: Run) -> dict[str, Any]:
    """Keys of a run that has its weights: all but those of a start."""
    kept = {key: value for key, value in {**run.free, **run.keys}.items() if key not in _START}
    return {**kept, "seed": run.seed}


def source_of(run: Run, study: Path) -> Path | str | None:
    """What a run starts from: the folder of a pretraining's weights, or released ones."""
    if run.weights is not None:
        return run.weights
    return models_of(study, run.upstream[-1]) if run.upstream else None


def bundle_of(run: Run) -> Path:
    """Folder of the bundle that a run is one of."""
    return Path(run.files[0]).parents[1]
