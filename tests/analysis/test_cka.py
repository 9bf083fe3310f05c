"""Linear CKA equals its definition written out; weights are compared on a task's crops."""

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from medssl.analysis.cka import draw_cka, encoder_cka, hsic, level_features, linear_cka
from medssl.commands import Analyse
from medssl.errors import UserError
from medssl.networks import Encoder, UNet3D
from medssl.sources import prepare_images

BUNDLE = Path(__file__).resolve().parents[2] / "bundles" / "lung_nodule_ct_segmentation"


def test_hsic_is_a_mean_over_all_quadruples_of_samples():
    """The U-statistic of Song and others: over all (i, j, q, r) that are four samples."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(7, 3)), rng.normal(size=(7, 2))
    k, m = x @ x.T, y @ y.T
    terms = [
        k[i, j] * m[i, j] + k[i, j] * m[q, r] - 2 * k[i, j] * m[i, q]
        for i, j, q, r in itertools.permutations(range(7), 4)
    ]
    assert hsic(k, m) == pytest.approx(np.mean(terms))


def test_rotation_scale_and_shift_change_nothing():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(30, 6))
    turn, _ = np.linalg.qr(rng.normal(size=(6, 6)))
    assert linear_cka(x, 3 * x @ turn + 100) == pytest.approx(1)


def test_unrelated_features_are_about_zero_however_many_there_are():
    """The biased estimate would be near 1 here."""
    rng = np.random.default_rng(0)
    found = [linear_cka(rng.normal(size=(40, 400)), rng.normal(size=(40, 400))) for _ in range(20)]
    assert abs(np.mean(found)) < 0.02


def test_features_that_never_differ_say_nothing():
    assert np.isnan(linear_cka(np.ones((5, 2)), np.random.default_rng(0).normal(size=(5, 2))))


def test_too_few_samples_are_refused():
    with pytest.raises(UserError, match="3 and 3 crops; expected as many, 4 or more"):
        linear_cka(np.ones((3, 2)), np.ones((3, 2)))


def test_features_are_the_levels_averaged_over_space():
    torch.manual_seed(0)
    encoder = Encoder(base_channels=2)
    images = torch.rand(3, 1, 8, 8, 8)
    found = level_features(encoder, images.split(2))
    levels = encoder.eval()(images)
    for ours, level in zip(found, levels, strict=True):
        np.testing.assert_allclose(ours, level.flatten(2).mean(2).detach().numpy(), rtol=1e-5)


def test_weights_are_compared_on_the_tasks_crops(scans, tmp_path):
    patterns = {"images": "*/ct.nii.gz", "labels": "*/nodules.nii.gz"}
    shares = {"fractions": (0.34, 0.16, 0.5), "spacing": "native", "workers": 1}
    data = prepare_images(scans, tmp_path / "data", **patterns, **shares).parent
    for number in (1, 2):
        torch.manual_seed(number)
        torch.save(UNet3D(base_channels=2).state_dict(), tmp_path / f"{number}.pt")
    given = {"crop_size": [8, 8, 8], "base_channels": 2, "num_workers": 0, "device": "cpu"}
    names = [str(tmp_path / f"{number}.pt") for number in (1, 2)]
    found = encoder_cka(*names, data, BUNDLE, overrides=given)
    assert (len(found.matrix), len(found.levels)) == (4, 4)
    assert found.levels[2] == found.matrix[2][2] != 1
    assert found.crops >= found.patients > 1
    same = encoder_cka(names[0], names[0], data, BUNDLE, overrides=given)
    assert same.levels == pytest.approx((1, 1, 1, 1))
    assert "level 4 1.000" in str(same)
    draw_cka(found, tmp_path / "cka.png")
    assert (tmp_path / "cka.png").stat().st_size > 1000
    Analyse().cka(*names, str(data), str(BUNDLE), json=str(tmp_path / "cka.json"), **given)
    written = json.loads((tmp_path / "cka.json").read_text())
    assert written["levels"] == pytest.approx(list(found.levels))
