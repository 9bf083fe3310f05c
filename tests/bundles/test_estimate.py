"""``medssl estimate``: the figures fit together and leave nothing behind."""

from functools import partial
from importlib import import_module

import pytest

from medssl.analysis import estimate
from medssl.bars import progress_bar
from medssl.errors import UserError, one_line
from medssl.store import load_datalist

from .conftest import BUNDLES, PRETEXT, TASKS, tiny


@pytest.fixture(scope="module")
def settings():
    return {**tiny("pretrain_simclr"), "max_epochs": 7, "val_interval": 3, "device": "cpu"}


def test_figures_fit_together(settings, prepared, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = estimate(BUNDLES / "pretrain_simclr", prepared, 4, settings)
    scans = len(load_datalist(prepared, "training", settings["crop_size"]))
    assert found.epoch_steps == scans * settings["crops_per_scan"] // settings["batch_size"]
    assert found.steps == 7 * found.epoch_steps
    assert found.validations == 2
    assert found.training_hours == pytest.approx(found.steps / found.steps_per_second / 3600)
    assert found.hours == pytest.approx(found.training_hours + 2 * found.validation_s / 3600)
    assert 0 < found.step_s < 10
    assert 0 <= found.waiting < 1
    assert found.validation_s > 0
    assert set(found.disk_mib) == {"model.pt", "checkpoint.pt"}
    assert 0 < found.disk_mib["model.pt"] < found.disk_mib["checkpoint.pt"]
    assert f"{found.hours:.3g} h" in str(found)
    assert not any(tmp_path.iterdir())


def test_slow_steps_of_a_large_batch_end_early_and_are_shown(
    settings, prepared, monkeypatch, capsys
):
    """A CPU needs few samples to know how long many take."""
    module = import_module("medssl.analysis.estimate")
    monkeypatch.setattr(module, "SECONDS", 0)
    # Whatever TQDM_DISABLE said when tqdm was imported, which has read it for good.
    monkeypatch.setattr(module, "progress_bar", partial(progress_bar, disable=False))
    found = estimate(BUNDLES / "pretrain_simclr", prepared, 50, {**settings, "batch_size": 6})
    scans = len(load_datalist(prepared, "training", settings["crop_size"]))
    assert found.epoch_steps == scans * settings["crops_per_scan"] // 6
    assert found.batch_size == 6
    assert found.step_s > 0
    shown = capsys.readouterr().err
    assert "steps:" in shown
    assert "3/55" in shown
    assert "4/55" not in shown


def test_a_batch_is_no_larger_than_an_epoch(settings, prepared):
    """The run takes what an epoch has; so must its estimate."""
    scans = len(load_datalist(prepared, "training", settings["crop_size"]))
    samples = scans * settings["crops_per_scan"]
    asked = {**settings, "batch_size": 8 * samples}
    found = estimate(BUNDLES / "pretrain_simclr", prepared, 2, asked)
    assert (found.batch_size, found.epoch_steps) == (samples, 1)


@pytest.mark.parametrize(
    "bundle",
    [
        pytest.param(name, marks=() if name in TASKS else pytest.mark.slow)
        for name in (*PRETEXT, *TASKS)
    ],
)
def test_every_bundle_can_be_estimated(bundle, data_of):
    found = estimate(BUNDLES / bundle, data_of(bundle), 2, {**tiny(bundle), "device": "cpu"})
    assert found.steps == found.epoch_steps > 0
    assert {"model.pt", "checkpoint.pt"} <= set(found.disk_mib)


@pytest.mark.parametrize(
    ("config", "steps", "overrides", "message"),
    [
        ("pretrain_simclr", 1, {}, "--steps: 1, expected a whole number of 2 or more"),
        ("pretrain_simclr", 4, {"batch": 2}, "--batch: no such key.*did you mean --batch_size"),
        ("pretrain_nothing", 4, {}, "no such config; expected a bundle's folder"),
    ],
)
def test_bad_input(config, steps, overrides, message, prepared):
    with pytest.raises(UserError, match=message):
        estimate(str(BUNDLES / config), prepared, steps, overrides)


def test_unprepared_data(tmp_path, settings):
    with pytest.raises(RuntimeError) as caught:
        estimate(BUNDLES / "pretrain_simclr", tmp_path, 2, settings)
    assert "not a prepared data set" in one_line(caught.value)
