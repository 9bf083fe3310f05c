"""A run that is made longer goes on from its checkpoint, its schedules on the longer curve."""

import json
from pathlib import Path

import pytest
import torch
from monai.engines import SupervisedEvaluator, SupervisedTrainer
from monai.handlers import LrScheduleHandler, MeanSquaredError, ValidationHandler
from torch.optim.lr_scheduler import CosineAnnealingLR, MultiStepLR, ReduceLROnPlateau
from torch.utils.data import DataLoader, Dataset

from medssl.engines import (
    AutocastInferer,
    Checkpoint,
    EarlyStop,
    SaveModel,
    TrainingLog,
    read_trace,
    stream_loader,
)
from medssl.engines.extension import go_over
from medssl.errors import UserError
from medssl.weights import load_torch, read_weights


class Numbers(Dataset):
    def __len__(self) -> int:
        return 6

    def __getitem__(self, key):
        epoch, index = key if isinstance(key, tuple) else (0, key)
        generator = torch.Generator().manual_seed(100 * epoch + index)
        return {"image": torch.rand(3, generator=generator)}


def make_schedule(kind: str, optimizer, epochs: int):
    if kind == "cosine":
        return CosineAnnealingLR(optimizer, T_max=epochs)
    if kind == "steps":
        return MultiStepLR(optimizer, [1, 3], gamma=0.5)
    return ReduceLROnPlateau(optimizer, factor=0.5, patience=0)


def train(folder: Path, epochs: int, kind: str = "steps", patience: int | None = None, best=False):
    torch.manual_seed(0)
    network = torch.nn.Linear(3, 3)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9)
    scheduler = make_schedule(kind, optimizer, epochs)
    loader = stream_loader(Numbers(), 2)
    common = {"device": torch.device("cpu"), "network": network, "decollate": False}
    common["prepare_batch"] = lambda batch, *_, **__: (batch["image"], batch["image"].flip(1))
    common["inferer"] = AutocastInferer("off")
    metric = MeanSquaredError(output_transform=lambda output: (output["pred"], output["label"]))
    plateau = {"step_transform": lambda engine: engine.state.metrics["mse"]}
    follow = LrScheduleHandler(scheduler, False, **(plateau if kind == "plateau" else {}))
    save = SaveModel(folder, network)
    evaluator = SupervisedEvaluator(
        val_data_loader=DataLoader(Numbers(), batch_size=6),
        key_val_metric={"mse": metric},
        metric_cmp_fn=lambda new, old: new < (-1 if patience else old),
        val_handlers=[*([follow] if kind == "plateau" else []), *([save] if best else [])],
        **common,
    )
    state = {"lr_scheduler": scheduler, "network": network, "optimizer": optimizer}
    trainer = SupervisedTrainer(
        max_epochs=epochs,
        train_data_loader=loader,
        optimizer=optimizer,
        loss_function=torch.nn.MSELoss(),
        train_handlers=[
            TrainingLog(folder, evaluator),
            *([] if kind == "plateau" else [follow]),
            ValidationHandler(1, evaluator),
            *([] if best else [save]),
            Checkpoint(folder, state, loader, evaluator, every=100),
            EarlyStop(evaluator, patience),
        ],
        **common,
    )
    trainer.run()
    return optimizer.param_groups[0]["lr"]


@pytest.mark.parametrize("kind", ["steps", "plateau"])
@pytest.mark.parametrize("first", [1, 2, 3])
def test_an_extended_run_equals_one_that_was_longer_from_the_start(tmp_path, kind, first):
    train(tmp_path / "whole", 5, kind)
    for epochs in (first, 5):
        rate = train(tmp_path / "longer", epochs, kind)
    assert read_trace(tmp_path / "longer/trace.jsonl") == read_trace(tmp_path / "whole/trace.jsonl")
    ours, theirs = (read_weights(tmp_path / name / "model.pt") for name in ("longer", "whole"))
    assert all(ours[name].equal(theirs[name]) for name in ours)
    assert rate == train(tmp_path / "whole", 5, kind)


def test_a_cosine_goes_over_to_the_longer_curve():
    def rates(total: int, switch: int | None = None, first: int = 4) -> list[float]:
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
        scheduler = CosineAnnealingLR(optimizer, T_max=first if switch else total)
        seen = []
        for epoch in range(total):
            if epoch == switch:
                memory, state = optimizer.state_dict(), scheduler.state_dict()
                optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
                scheduler = CosineAnnealingLR(optimizer, T_max=total)
                optimizer.load_state_dict(memory)
                go_over(scheduler, state)
            seen.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            scheduler.step()
        return seen

    for switch in (2, 4):
        assert rates(10, switch)[switch:] == pytest.approx(rates(10)[switch:])
        assert rates(10, switch)[switch - 1] == pytest.approx(rates(4)[switch - 1])


def test_an_extended_cosine_run_ends_at_nothing(tmp_path):
    assert train(tmp_path, 2, "cosine") == pytest.approx(0, abs=1e-9)
    assert train(tmp_path, 4, "cosine") == pytest.approx(0, abs=1e-9)
    assert load_torch(tmp_path / "checkpoint.pt")["state"]["lr_scheduler"]["T_max"] == 4


def test_a_run_that_stopped_early_stays_so_until_patience_is_raised(tmp_path):
    train(tmp_path, 6, patience=2)
    steps = len(read_trace(tmp_path / "trace.jsonl"))
    assert steps < 18
    train(tmp_path, 9, patience=2)
    assert len(read_trace(tmp_path / "trace.jsonl")) == steps
    train(tmp_path, 9, patience=4)
    assert len(read_trace(tmp_path / "trace.jsonl")) == steps + 6


def test_a_finished_run_whose_weights_are_gone_says_so(tmp_path, capsys):
    (tmp_path / "run.json").write_text("{}")
    train(tmp_path, 2)
    train(tmp_path, 2)
    assert "this run is finished, nothing to do" in capsys.readouterr().out
    for name in ("model.pt", "provenance.json"):
        kept = (tmp_path / name).read_bytes()
        (tmp_path / name).unlink()
        with pytest.raises(UserError, match=f"finished, but {name} is gone or damaged; put"):
            train(tmp_path, 2)
        (tmp_path / name).write_bytes(kept)
    (tmp_path / "model.pt").unlink()
    train(tmp_path, 3)  # which writes it again
    assert (tmp_path / "model.pt").is_file()


def test_the_best_weights_of_a_task_do_not_come_again(tmp_path):
    train(tmp_path, 2, best=True)
    assert json.loads((tmp_path / "provenance.json").read_text())["kept"] == "best"
    (tmp_path / "model.pt").unlink()
    with pytest.raises(UserError, match=r"this run is half done, but model.pt is gone"):
        train(tmp_path, 3, best=True)
