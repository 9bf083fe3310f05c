"""An estimate of a training made of toys: what is run, what is counted, what is worked out."""

import json
import sys
from types import SimpleNamespace

import pytest
import torch
from ignite.engine import Engine, Events

from medssl.analysis.estimate import CPU_BATCH, MIB, WARM_UP, TrainingEstimate, estimate
from medssl.errors import UserError

from ..bundles.conftest import BUNDLES

SLOW_S, QUICK_S, BATCH_S = 4.0, 0.25, 0.5
counted = []
host = SimpleNamespace(now=0.0)  # whose clock only toys move


class Toy(Engine):
    """Runs like MONAI's engines: what it needs is given to it at the start."""

    def __init__(self, loader, step, handlers=(), max_epochs=1, epoch_length=None):
        super().__init__(step)
        self.network = torch.nn.Identity()
        self.given = loader, max_epochs, epoch_length
        for handler in handlers:
            handler.attach(self)

    def run(self):
        loader, epochs, length = self.given
        return super().run(loader, max_epochs=epochs, epoch_length=length)


def train(engine, _):
    host.now += SLOW_S if engine.state.iteration <= WARM_UP else QUICK_S


def validate(_, __):
    host.now += BATCH_S


class Count:
    def attach(self, engine):
        engine.add_event_handler(Events.ITERATION_COMPLETED, lambda: counted.append(1))


class TrainingLog:
    """Records, so it must not even be built."""

    def __init__(self):
        raise AssertionError


class SaveModel:
    """Writes what the run keeps, but not while steps are timed."""

    def __init__(self, output_dir):
        self.path = f"{output_dir}/model.pt"

    def attach(self, engine):
        raise AssertionError

    def save(self, _):
        with open(self.path, "wb") as stream:  # noqa: PTH123
            stream.truncate(2 * MIB)


@pytest.fixture
def config(tmp_path, monkeypatch):
    for name in ("analysis.brief", "analysis.estimate", "engines.clock"):
        clock = SimpleNamespace(perf_counter=lambda: host.now)
        monkeypatch.setattr(sys.modules[f"medssl.{name}"], "time", clock)

    def toy(name, **arguments):
        return {"_target_": f"{__name__}.{name}", **arguments}

    def engine(part, step, **arguments):
        callable_step = toy(step, _mode_="callable")
        return toy("Toy", loader=f"@{part}#dataloader", step=callable_step, **arguments)

    saver = toy("SaveModel", output_dir="@output_dir", log="@train#handlers#0")
    handlers = [toy("TrainingLog"), toy("Count"), saver]
    validation = {"_target_": "ValidationHandler", "interval": 3}
    content = {
        "output_dir": "nowhere",
        "dataset_dir": "",
        "device": "cpu",
        "max_epochs": 7,
        "batch_size": 4,
        "train": {
            "dataloader": {
                "_target_": "torch.utils.data.DataLoader",
                "dataset": "$list(range(80))",
                "batch_size": "@batch_size",
            },
            "handlers": [*handlers, validation],
            "trainer": engine("train", "train", handlers="@train#handlers", max_epochs=7),
        },
        "validate": {
            "dataloader": "$list(range(50))",
            "handlers": [toy("TrainingLog")],
            "evaluator": engine("validate", "validate", handlers="@validate#handlers"),
        },
    }
    path = tmp_path / "bundle" / "configs" / "train.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(content))
    return path


def test_steps_after_the_warm_up_are_timed_and_nothing_is_recorded(config, tmp_path):
    counted.clear()
    found = estimate(config, tmp_path, steps=4)
    assert len(counted) == WARM_UP + 4
    assert found.step_s == QUICK_S * 4 / CPU_BATCH
    assert found.disk_mib == {"model.pt": 2.0}
    assert (found.epochs, found.epoch_steps, found.batch_size) == (7, 20, 4)
    assert found.validations == 2
    assert found.validation_s == 50 * BATCH_S


def test_the_rest_is_worked_out():
    given = {"device": "cpu", "batch_size": 4, "waiting": 0.25, "memory_mib": 2048.0}
    given |= {"disk_mib": {"model.pt": 1.5}, "epochs": 36, "epoch_steps": 50, "step_s": 0.5}
    found = TrainingEstimate(**given, validations=9, validation_s=100.0)
    assert (found.steps, found.training_hours, found.hours) == (1800, 0.25, 0.5)
    told = dict(line.split("  ", 1) for line in str(found).splitlines())
    told = {name.strip(): value.strip() for name, value in told.items()}
    assert told["speed"] == "2 steps/s, 8 samples/s"
    assert told["waiting for data"] == "25% of the time"
    assert told["peak memory"] == "2,048 MiB"
    assert told["time to the end"] == "0.5 h (0.25 h of training)"


@pytest.mark.parametrize("steps", [1, 0, 2.5])
def test_a_median_needs_two_steps(steps, config, tmp_path):
    with pytest.raises(UserError, match=f"--steps: {steps}, expected a whole number of 2 or more"):
        estimate(config, tmp_path, steps)


def test_a_config_that_does_not_train_is_told(tmp_path):
    path = BUNDLES / "pretrain_rotation" / "configs" / "inference.json"
    with pytest.raises(
        UserError, match=r"inference.json: this is no train.json; expected a bundle"
    ):
        estimate(path, tmp_path)


def test_sizes_are_refused_as_training_refuses_them(tmp_path):
    with pytest.raises(UserError, match=r"^crop_size: \[5, 5, 5\], expected three voxel counts"):
        estimate(BUNDLES / "pretrain_rotation", tmp_path, overrides={"crop_size": [5, 5, 5]})
