"""The control on noise: what the noise is, what counts as a shortcut, and that one is found."""

import json
from pathlib import Path

import numpy as np
import pytest

from medssl.analysis import run_control
from medssl.analysis.noise import prepare_noise, smoothed_noise
from medssl.errors import UserError
from medssl.store import load_datalist, open_volume

BUNDLES = Path(__file__).resolve().parents[2] / "bundles"
ROTATION = BUNDLES / "pretrain_rotation"
PATCHES = BUNDLES / "pretrain_relative_patch_location"
THICK, THIN = (0.7, 0.7, 2.5), (0.7, 0.7, 1.25)
TINY = {"base_channels": 2, "batch_size": 2}


@pytest.mark.parametrize("smoothing", [0.0, 1.5])
def test_noise_is_alike_along_all_axes(smoothing):
    noise = smoothed_noise((80, 80, 80), smoothing, np.random.default_rng(0)).astype(float)
    assert noise.mean() == pytest.approx(0, abs=8)
    assert noise.std() == pytest.approx(250, abs=1)
    for distance in (1, 2, 4):
        theory = np.exp(-(distance**2) / (4 * smoothing**2)) if smoothing else 0.0
        for axis in range(3):
            correlation = (noise * np.roll(noise, distance, axis)).mean() / noise.var()
            assert correlation == pytest.approx(theory, abs=0.03)


def test_both_splits_have_every_smoothing_and_no_patient_in_common(tmp_path):
    data = prepare_noise(tmp_path, (20, 22, 24), (0.5, 2.0))
    splits = {name: load_datalist(data, name) for name in ("training", "validation")}
    assert [len(items) for items in splits.values()] == [8, 4]
    patients = [{item["patient"] for item in items} for items in splits.values()]
    assert not patients[0] & patients[1]
    for items in splits.values():
        roughness = []
        for item in items:
            volume = open_volume(item["image"]).read_all().astype(float)
            assert volume.shape == (20, 22, 24)
            roughness.append(np.diff(volume, axis=0).std() / volume.std())
        smooth = np.array(roughness) < 0.5
        assert smooth.sum() == len(items) / 2


def test_noise_is_resampled_from_its_native_voxels(tmp_path):
    data = prepare_noise(tmp_path, (20, 20, 20), (0.0,), (0.7, 0.7, 2.5))
    for item in load_datalist(data, "training"):
        assert item["native_spacing_mm"] == pytest.approx([0.7, 0.7, 2.5])
        assert item["spacing_mm"] == pytest.approx([1, 1, 1])
        volume = open_volume(item["image"]).read_all().astype(float)
        assert min(volume.shape) >= 20
        bends = [np.abs(np.diff(volume, 2, axis)).mean() for axis in range(3)]
        assert bends[2] < 0.7 * min(bends[:2])


@pytest.mark.parametrize(("bundle", "chance"), [(ROTATION, 1 / 10), (PATCHES, 1 / 26)])
def test_a_run_is_kept_and_gone_on_with(bundle, chance, tmp_path, capsys):
    size = {"crop_size": [16] * 3} if bundle == ROTATION else {"patch_size": [8] * 3, "jitter": 1}
    natives = (THICK, (1.0, 1.0, 1.0))
    arguments = (bundle, tmp_path, 4, 1.0, {**TINY, **size}, natives)
    first = run_control(*arguments)
    assert [guess.native_mm for guess in first.guesses] == list(natives)
    for guess in first.guesses:
        assert (guess.metric, guess.trials) == ("accuracy", 4)
        assert guess.chance == pytest.approx(chance)
    assert not first.shortcut
    for folder in ("0.7x0.7x2.5mm", "1x1x1mm"):
        run = json.loads((tmp_path / folder / "run" / "run.json").read_text())
        assert len(run["data"]["training"]) == 4
    assert run_control(*arguments) == first
    assert "finished" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("/nonexistent",), "/nonexistent"),
        ((ROTATION, None, 0), "--steps: 0"),
        ((ROTATION, None, 1, -1), "--smoothing: -1"),
        ((ROTATION, None, 1, ["wide"]), "--smoothing"),
        ((ROTATION, None, 1, 1, {}, [0.7, 2.5]), "--native_mm"),
        ((ROTATION, None, 1, 1, {}, [[0.7, 0.7, 0]]), "--native_mm"),
        ((ROTATION, None, 1, 1, {"crop_sise": 3}), "did you mean --crop_size"),
        ((BUNDLES / "pretrain_autoencoder", None, 1), "no chance level"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(UserError, match=message):
        run_control(*arguments)


CUBES = (1.0, 1.0, 1.0)
STRETCHED = {"crop_size": [16, 16, 8], "cube_size": 16}
TOUCHING = {"gap": 0, "jitter": 0}
AS_RESAMPLED = {"equalise": False}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("bundle", "steps", "smoothing", "overrides", "native_mm", "shortcut"),
    [
        (ROTATION, 400, 1.0, {}, CUBES, False),
        (ROTATION, 400, 1.0, STRETCHED, CUBES, True),
        (ROTATION, 400, 1.0, {}, THICK, False),
        (ROTATION, 400, 1.0, AS_RESAMPLED, THICK, True),
        (ROTATION, 400, 1.0, {}, THIN, False),
        (ROTATION, 400, 1.0, AS_RESAMPLED, THIN, True),
        (PATCHES, 2000, 1.0, {}, CUBES, False),
        (PATCHES, 2000, 4.0, TOUCHING, CUBES, True),
    ],
)
def test_a_shortcut_is_found_where_one_is_put_in(
    bundle, steps, smoothing, overrides, native_mm, shortcut
):
    """One axis resampled, or patches that touch in noise that reaches from one to the next."""
    control = run_control(bundle, None, steps, smoothing, overrides, native_mm)
    assert control.shortcut is shortcut
