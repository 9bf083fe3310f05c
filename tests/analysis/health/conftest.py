"""A run's folder, as pretraining leaves it."""

import json
import shutil

import pytest
import torch

from medssl.engines import SaveModel
from medssl.engines.identity import FORMAT
from tests.engines.test_checkpoint import build

STEPS = 20  # of the whole run: 4 epochs


def claim(folder, name="one"):
    folder.mkdir(exist_ok=True)
    run = {"format": FORMAT, "hash": name, "config": {"max_epochs": 4}, "data": {}}
    (folder / "run.json").write_text(json.dumps(run))
    return folder


def train(folder, name="one", epochs=4, seed=0):
    """A pretraining as bundles do it: the last epoch's weights are kept."""
    trainer = build(claim(folder, name))
    trainer.state.max_epochs = epochs
    with torch.no_grad():
        next(trainer.network.parameters()).add_(seed)
    SaveModel(folder, trainer.network).attach(trainer)
    trainer.run()
    return folder


@pytest.fixture(scope="session")
def whole(tmp_path_factory):
    return train(tmp_path_factory.mktemp("whole"))


@pytest.fixture
def run(whole, tmp_path):
    return shutil.copytree(whole, tmp_path / "run")
