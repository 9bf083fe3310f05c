"""Trivial answers stand beside each method's figures, and every room tells the same ones."""

import json
import math

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from medssl.analysis import diagnose
from medssl.analysis.health.beside import beside, hardest
from medssl.engines import read_metrics

from .conftest import BUNDLES, PRETEXT, tiny


def restored(answers, scopes=("", "corrupted_")):
    return {
        f"{scope}{figure}_{answer}"
        for scope in scopes
        for figure in ("mse", "psnr", "ssim")
        for answer in answers
    }


def told(*parts):
    ends = [f"accuracy_{part}_{end}" for part in parts for end in ("chance", "trivial")]
    return {*ends, *(f"p_chance_{part}" for part in parts)}


CLASSES = {"accuracy_chance", "accuracy_most_frequent", "p_chance"}
PARTNERS = {f"retrieval_{end}" for end in ("chance", "histogram", "voxels")}
ALIKE = {"nt_xent", "nt_xent_alike"}
# Copying is the autoencoder's task, so nothing of its input is corrupted.
EXPECTED = {
    "pretrain_autoencoder": restored(("constant", "own_mean", "smooth"), ("",)),
    "pretrain_models_genesis": restored(("constant", "own_mean", "copy", "smooth")),
    "pretrain_pcrl": restored(("constant", "own_mean", "copy", "smooth")) | PARTNERS | ALIKE,
    "pretrain_rotation": CLASSES,
    "pretrain_relative_patch_location": CLASSES,
    "pretrain_jigsaw": told("order"),
    "pretrain_rubiks_cube": told("order", "rotation"),
    "pretrain_rubiks_cube_plus": told("order", "rotation", "mask"),
    "pretrain_simclr": PARTNERS | ALIKE,
    "pretrain_byol": {*PARTNERS, "spread"},
}


@pytest.mark.parametrize("bundle", PRETEXT)
def test_evaluation_doctor_and_tensorboard_tell_one_figure(bundle, run_bundle, tmp_path):
    """Of the same network on the same crops: what the last validation found."""
    run, overlays = tmp_path / "run", ["train", "evaluate"]
    run_bundle(bundle, ["train"], output_dir=str(run), **{**tiny(bundle), "max_epochs": 2})
    validated = read_metrics(run / "trace.jsonl")[2]
    known = {name: value for name, value in validated.items() if not math.isnan(value)}
    assert EXPECTED[bundle] | {"skill", "skill_scans", "skill_scans_above"} <= set(known)
    settings = {**tiny(bundle), "model": str(run), "output_dir": str(tmp_path / "eval")}
    run_bundle(bundle, overlays, split="validation", allow_overlap=True, **settings)
    evaluated = json.loads((tmp_path / "eval" / "metrics.json").read_text())
    assert {name: evaluated[name] for name in known} == pytest.approx(known, rel=1e-5, abs=1e-7)
    events = EventAccumulator(str(run)).Reload()
    shown = {name: events.Scalars(name)[-1].value for name in known}
    assert shown == pytest.approx(known, rel=1e-5, abs=1e-7)
    text = " ".join(str(diagnose(run)).split())
    assert all(str(row) in text for row in beside(known))


@pytest.mark.parametrize("bundle", PRETEXT)
def test_the_readme_names_every_answer(bundle):
    """PSNR, SSIM and corrupted voxels by their own names alone: the answers are those of MSE."""
    readme = (BUNDLES / bundle / "docs" / "README.md").read_text("utf-8")
    health = readme[readme.index("## What a healthy run") : readme.index("## Performance")]
    for name in EXPECTED[bundle]:
        first = name.split("_")[0]
        expected = {"psnr": "`psnr", "ssim": "`ssim", "corrupted": "`corrupted_"}
        assert expected.get(first, f"`{name}`") in health, name


@pytest.mark.parametrize("bundle", PRETEXT)
def test_the_metric_that_picks_the_best_epoch_goes_with_the_skill(bundle):
    """It is all that the skill is counted from, or where that is two figures the skill itself."""
    validate = json.loads((BUNDLES / bundle / "configs" / "train.json").read_text())["validate"]
    (name,) = validate["key_metric"]
    counted = [row.figure for row in hardest(dict.fromkeys(EXPECTED[bundle], 0.5))]
    # A jigsaw's accuracy is that of its order.
    assert name == ("skill" if len(counted) > 1 else counted[0].removesuffix("_order"))
