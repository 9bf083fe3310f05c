"""The demo's verdicts follow from intervals and seeds, not from wishes."""

import json

import numpy as np
import pytest

from medssl.demo.effect import compare, has_helped, has_learnt, pretraining_metrics
from medssl.demo.folders import ARMS, SEEDS
from medssl.errors import UserError

from .conftest import NODULES, write


def test_difference_is_the_mean_over_nodules_and_seeds(folders):
    rng = np.random.default_rng(0)
    table = {(arm, seed): rng.random(len(NODULES)) for arm in ARMS for seed in SEEDS}
    write(folders, lambda arm, seed: table[arm, seed])
    effect = compare(folders)
    seeds = [(table["pretrained", s] - table["scratch", s]).mean() for s in SEEDS]
    assert effect.seeds == pytest.approx(seeds)
    assert effect.difference.mean == pytest.approx(np.mean(seeds))
    assert (effect.nodules, effect.scans) == (21, 7)
    assert effect.difference.low < effect.difference.mean < effect.difference.high


@pytest.mark.parametrize(
    ("gains", "words"),
    [
        ((0.1, 0.1, 0.1), "Higher with pretraining, by the interval and in every seed"),
        ((-0.1, -0.1, -0.1), "Lower with pretraining, by the interval and in every seed"),
        ((0.4, 0.4, -0.1), "No evidence of a gain or a loss, as the seeds disagree"),
        ((0.0, 0.0, 0.0), "No evidence of a gain or a loss: "),
    ],
)
def test_verdict_needs_the_interval_and_every_seed(folders, gains, words):
    base = np.linspace(0.3, 0.6, len(NODULES))
    write(folders, lambda arm, seed: base + gains[seed] * (arm == "pretrained"))
    verdict = has_helped(compare(folders))
    assert verdict.startswith(words)
    assert "21 test nodules of 7 scans" in verdict


@pytest.mark.parametrize(
    ("low", "words"),
    [
        (0.05, "has learnt"),
        (-0.01, "has NOT learnt more"),
        (None, "One held-out scan does not tell"),
    ],
)
def test_whether_it_has_learnt_is_said_beside_the_best_trivial_answer(folders, low, words):
    folders.pretraining.mkdir()
    found = {"mse": 0.02, "mse_constant": 0.04, "mse_own_mean": 0.03, "overlap_scans": []}
    skill = {"skill": 0.33, "skill_low": low, "skill_high": None if low is None else 0.5}
    (folders.pretraining / "metrics.json").write_text(json.dumps({**found, **skill}))
    verdict = has_learnt(pretraining_metrics(folders))
    assert words in verdict
    assert "each crop's own mean 0.0300" in verdict


def test_a_table_that_is_not_as_the_evaluation_wrote_it_is_refused(folders):
    write(folders, lambda arm, seed: np.linspace(0.1, 0.9, len(NODULES)))
    noted = {"tables": {"dice_raw.csv": "another"}}
    (folders.task("scratch", SEEDS[0]) / "metrics.json").write_text(json.dumps(noted))
    with pytest.raises(UserError, match=r"dice_raw\.csv: not the table that metrics\.json"):
        compare(folders)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("scan0_1,", "scan0_0,", "several rows of 'scan0_0'"),
        ("scan0_1,0.5", "scan0_1,x", "'x', expected a number"),
        ("filename,class0,mean", "filename,class0,class0", "several columns 'class0'"),
        ("filename,class0,mean", "filename,class0,average", "no column mean"),
    ],
)
def test_a_damaged_table_is_refused(folders, old, new, said):
    write(folders, lambda arm, seed: np.full(len(NODULES), 0.5))
    table = folders.task("pretrained", SEEDS[1]) / "dice_raw.csv"
    text = table.read_text()
    assert old in text
    table.write_text(text.replace(old, new).replace("x,0.5", "x,x"))
    with pytest.raises(UserError, match=rf"dice_raw\.csv: .*{said}"):
        compare(folders)


def test_runs_of_other_nodules_are_not_compared(folders):
    write(folders, lambda arm, seed: np.full(len(NODULES), 0.5))
    folder = folders.task("pretrained", SEEDS[-1])
    whole = (folder / "dice_raw.csv").read_text()
    (folder / "dice_raw.csv").write_text(whole.replace("scan0_1,", "scan9_1,"))
    with pytest.raises(UserError, match=rf"{folder.name}: judged on other nodules"):
        compare(folders)
