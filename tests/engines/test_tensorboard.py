"""Curves as TensorBoard reads them, written by rank 0 alone."""

import re

import pytest
import torch
from ignite.engine import Events
from monai.engines import SupervisedEvaluator, SupervisedTrainer
from monai.handlers import MeanSquaredError
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import nn

from medssl.engines import TensorBoardLog, tensorboard
from medssl.engines.tensorboard import EventFile
from medssl.errors import UserError
from medssl.files import gone
from medssl.store.lock import lock_folder, release_folder

BATCHES = [{"image": torch.ones(1, 1), "label": torch.zeros(1, 1)}] * 25


def trainer(folder, decollate):
    network = nn.Linear(1, 1)
    made = SupervisedTrainer(
        device=torch.device("cpu"),
        max_epochs=1,
        train_data_loader=BATCHES,
        network=network,
        optimizer=torch.optim.SGD(network.parameters(), lr=0.0),
        loss_function=nn.MSELoss(),
        decollate=decollate,
    )
    TensorBoardLog(folder).attach(made)
    return made


def curves(folder):
    read = EventAccumulator(str(folder))
    read.Reload()
    return {tag: read.Scalars(tag) for tag in read.Tags()["scalars"]}


@pytest.mark.parametrize("decollate", [False, True])
def test_a_trainer_logs_its_loss_every_ten_steps(decollate, tmp_path):
    made = trainer(tmp_path, decollate)
    made.run()
    (points,) = curves(tmp_path).values()
    assert [point.step for point in points] == [10, 20]
    output = made.network(BATCHES[0]["image"])
    assert points[0].value == pytest.approx(float(output.detach().square()))


def test_steps_that_a_killed_run_repeats_are_there_once(tmp_path):
    trainer(tmp_path, False).run()
    again = trainer(tmp_path, False)
    again.add_event_handler(Events.STARTED, lambda: setattr(again.state, "iteration", 14))
    again.state.max_epochs = 2
    again.run()
    (points,) = curves(tmp_path).values()
    assert [point.step for point in points] == [10, 20, 30, 40, 50]


def test_a_torn_last_record_costs_itself_alone(tmp_path):
    """Wherever a crash or a full disk tore it: what came before and the next file are read."""
    for name in ("whole", "torn"):
        (tmp_path / name).mkdir()
    first = EventFile(tmp_path / "whole")
    first.add_scalar("loss", 0.5, 10)
    first.flush()
    kept = first.path.stat().st_size
    first.add_scalar("loss", 0.25, 20)
    first.flush()
    written = first.path.read_bytes()
    later = EventFile(tmp_path / "torn")
    later.add_scalar("loss", 0.125, 30)
    later.flush()
    torn = later.path.with_name("events.out.tfevents.0000000001.earlier")
    for length in range(kept, len(written)):
        torn.write_bytes(written[:length])
        (points,) = curves(tmp_path / "torn").values()
        assert [point.step for point in points] == [10, 30]


def test_an_evaluator_logs_its_metrics(tmp_path):
    made = SupervisedEvaluator(
        device=torch.device("cpu"),
        val_data_loader=BATCHES,
        network=nn.Identity(),
        key_val_metric={
            "mse": MeanSquaredError(output_transform=lambda out: (out["pred"], out["label"]))
        },
        decollate=False,
    )
    TensorBoardLog(tmp_path).attach(made)
    made.run(3)
    found = curves(tmp_path)
    assert list(found) == ["mse"]
    assert found["mse"][0].value == 1


def test_other_ranks_write_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(tensorboard, "is_main", lambda: False)
    trainer(tmp_path, False).run()
    assert not list(tmp_path.iterdir())


def test_a_folder_that_goes_meanwhile_is_told_in_one_line_and_does_not_come_again(tmp_path, capfd):
    folder = tmp_path / "run"
    lock_folder(folder)
    try:
        made = trainer(folder, False)
        made.add_event_handler(
            Events.ITERATION_COMPLETED(once=15), lambda: folder.rename(tmp_path / "away")
        )
        with pytest.raises(UserError, match=re.escape(gone(folder))):
            made.run()
    finally:
        release_folder(folder)
    assert not folder.exists()
    (points,) = curves(tmp_path / "away").values()
    assert [point.step for point in points] == [10]
    assert "Exception in thread" not in capfd.readouterr().err


def test_a_file_that_cannot_be_written_is_told_in_one_line(tmp_path):
    events = EventFile(tmp_path / "run")
    (tmp_path / "run").write_text("in the way")
    events.add_scalar("loss", 1.0, 1)
    with pytest.raises(UserError, match=r"run: expected a folder; choose another name"):
        events.flush()
