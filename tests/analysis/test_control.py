"""The control on noise: what counts as a shortcut, and that one is found."""

import json
from pathlib import Path

import pytest

from medssl.analysis import run_control
from medssl.errors import UserError

BUNDLES = Path(__file__).resolve().parents[2] / "bundles"
ROTATION = BUNDLES / "pretrain_rotation"
PATCHES = BUNDLES / "pretrain_relative_patch_location"
THICK, THIN = (0.7, 0.7, 2.5), (0.7, 0.7, 1.25)
TINY = {"base_channels": 2, "batch_size": 2}


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
