"""What is measured on what trainings have left: runs of their own, with results of their own."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from ..analysis import probe_task, recollect_model
from ..analysis.cka import encoder_cka
from ..analysis.gradcam import draw_attention, show_attention
from ..engines.evaluation import read_evaluation
from ..files import make_folder
from .contents import voxel_size
from .runs import Run
from .train import (
    FIGURES,
    RUNS,
    Found,
    bundle_of,
    evaluate,
    models_of,
    settings_of,
    source_of,
)


def probe(run: Run, study: Path) -> Found:
    """A linear classifier and nearest neighbours on the frozen features of what a start gives."""
    source, branch = source_of(run, study) or "", _branch(run)
    # Tasks have voxel sizes of their own, and weights are handed over from one to the other.
    given = {"spacing": voxel_size(Path(run.data)), **settings_of(run)}
    found = probe_task(source, run.data, run.files, transfer_from=branch, overrides=given)
    scores = {f"{s.features}, {s.classifier.split(',')[0]}": s for s in found.scores}
    return {
        "metrics": {name: score.auc.mean for name, score in scores.items()},
        "probe": {**asdict(found), "source": run.upstream[0] if run.upstream else run.released},
    }


def tbs(run: Run, study: Path) -> Found:
    """The fine-tuned model with the batch-norm statistics of the target's data alone."""
    tuned, given = _tuned(run, study), settings_of(run)
    models, figures = models_of(study, run.key), study / RUNS / run.key / FIGURES
    output = models / "model_tbs.pt"
    make_folder(models)
    shift = recollect_model(list(run.files), run.data, tuned, output, given)
    places = {"bundle_root": bundle_of(run), "dataset_dir": run.data, "output_dir": models}
    evaluate(run, {**given, **places, "model": output}, figures)
    metrics = read_evaluation(figures)
    metrics = {**metrics, "distance": shift.distance}
    return {"metrics": metrics, "distances": shift.as_dict()}


def cka(run: Run, study: Path) -> Found:
    """How far fine-tuning has moved the features of each level of the encoder."""
    first = source_of(run, study) or ""
    branch, given = _branch(run), settings_of(run)
    second = _tuned(run, study)
    found = encoder_cka(first, second, run.data, run.files, transfer_from=branch, overrides=given)
    levels = {f"level {number}": value for number, value in enumerate(found.levels, 1)}
    return {"metrics": levels, "cka": {**asdict(found), "first": str(first)}}


def gradcam(run: Run, study: Path) -> Found:
    """Where the fine-tuned model looks: the share of its maps in the crops' middle, and a picture.

    The picture is ``test/gradcam.png``.
    """
    tuned, given = _tuned(run, study), settings_of(run)
    found = show_attention([tuned], run.data, run.files, overrides=given)
    figures = study / RUNS / run.key / FIGURES
    make_folder(figures)
    draw_attention(found, figures / "gradcam.png")
    shares = next(iter(found.record()["middle_share"].values()))
    mean = sum(shares) / len(shares)
    return {
        "metrics": {"middle_share": mean},
        "gradcam": {**found.record(), "run": run.upstream[0]},
    }


def _tuned(run: Run, study: Path) -> Path:
    """Weights of the fine-tuning that is measured."""
    return models_of(study, run.upstream[0]) / "model.pt"


def _branch(run: Run) -> str:
    return str(run.keys.get("transfer_from", "online"))
