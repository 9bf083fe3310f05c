"""Weights that MONAI's own handler loads are known as what a run goes on from."""

import pytest

from medssl.transfer import continued


@pytest.fixture
def running(monkeypatch):
    return lambda config: monkeypatch.setattr(continued, "current_config", lambda: config)


def test_the_first_loader_counts_if_its_file_is_there(running, tmp_path):
    model = tmp_path / "model.pt"
    loaders = [
        {"_target_": "StatsHandler"},
        {"_target_": "CheckpointLoader", "load_path": str(model)},
        {"_target_": "monai.handlers.CheckpointLoader", "load_path": "/other"},
    ]
    running({"train": {"handlers": loaders}})
    assert continued.continued_from() is None
    model.touch()
    assert continued.continued_from() == model
    running({"train": {"handlers": loaders[::-1]}})
    assert continued.continued_from() is None


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"train": None},
        {"train": {}},
        {"train": {"handlers": "$@all"}},
        {"train": {"handlers": [None, "@x", {"_target_": "CheckpointSaver"}]}},
        {"train": {"handlers": [{"_target_": "CheckpointLoader"}]}},
    ],
)
def test_other_configs_go_on_from_nothing(config, running):
    running(config)
    assert continued.continued_from() is None
