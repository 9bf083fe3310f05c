"""A run that is stopped and started again equals one that was not."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from ignite.engine import Events
from monai.engines import SupervisedEvaluator, SupervisedTrainer
from monai.handlers import LrScheduleHandler, MeanSquaredError, ValidationHandler
from torch import nn
from torch.utils.data import DataLoader, Dataset

from medssl import files
from medssl.engines import (
    AutocastInferer,
    Checkpoint,
    LoadModel,
    SaveModel,
    TrainingLog,
    read_metrics,
    read_trace,
    stream_loader,
)
from medssl.engines.provenance import read_record
from medssl.engines.whole_trace import trace_so_far
from medssl.errors import UserError
from medssl.files import sha256_of
from medssl.networks import UNet3D, target_of
from medssl.weights import load_torch
from medssl.zoo.card import provenance_table
from tests.helpers import run_and_kill


class Noise(Dataset):
    """Cubes that depend on the key alone."""

    def __len__(self) -> int:
        return 10

    def __getitem__(self, key):
        epoch, index = key if isinstance(key, tuple) else (0, key)
        generator = torch.Generator().manual_seed(1000 * epoch + index)
        return {"image": torch.rand(1, 24, 8, 8, generator=generator)}


def prepare(batch, device, non_blocking, **_):
    return batch["image"], batch["image"].flip(2)


def build(folder: Path, amp: str = "off", workers: int = 0, base: int = 2) -> SupervisedTrainer:
    torch.manual_seed(0)
    network = UNet3D(base_channels=base, activation="sigmoid")
    optimizer = torch.optim.SGD(network.parameters(), lr=0.5, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=0)
    loader = stream_loader(Noise(), 2, 0, workers)
    common = {"device": torch.device("cpu"), "network": network, "prepare_batch": prepare}
    common |= {"inferer": AutocastInferer(amp), "decollate": False}
    metric = MeanSquaredError(output_transform=lambda output: (output["pred"], output["label"]))
    evaluator = SupervisedEvaluator(
        val_data_loader=DataLoader(Noise(), batch_size=5),
        key_val_metric={"mse": metric},
        metric_cmp_fn=lambda new, best: new < best,
        val_handlers=[
            LrScheduleHandler(
                scheduler, print_lr=False, step_transform=lambda engine: engine.state.metrics["mse"]
            ),
            SaveModel(folder, network),
        ],
        **common,
    )
    log = TrainingLog(folder, evaluator, every=3)
    state = {"network": network, "optimizer": optimizer, "lr_scheduler": scheduler}
    return SupervisedTrainer(
        max_epochs=4,
        train_data_loader=loader,
        optimizer=optimizer,
        loss_function=torch.nn.MSELoss(),
        train_handlers=[
            log,
            Checkpoint(folder, state, loader, evaluator, every=2),
            ValidationHandler(1, evaluator),
        ],
        **common,
    )


def finish(folder: Path, **options) -> tuple[dict[int, float], dict, dict]:
    trainer = build(folder, **options)
    trainer.run()
    content = load_torch(folder / "checkpoint.pt")
    assert content.pop("trace") == trace_so_far(folder / "trace.jsonl")  # which has seconds in it
    return read_trace(folder / "trace.jsonl"), content, read_metrics(folder / "trace.jsonl")


def same(a, b) -> bool:
    if isinstance(a, torch.Tensor):
        return torch.equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b


@pytest.mark.parametrize(("amp", "workers"), [("off", 0), ("bf16", 2)])
def test_killed_at_any_iteration_the_run_ends_as_if_it_had_not_been(tmp_path, amp, workers):
    whole = finish(tmp_path / "whole", amp=amp, workers=workers)
    assert list(whole[0]) == list(range(1, 21))
    for kill_at in (1, 3, 5, 6, 10, 13, 20) if workers == 0 else (7,):
        folder = tmp_path / f"killed{kill_at}"
        run_and_kill(build(folder, amp, workers), kill_at)
        resumed = finish(folder, amp=amp, workers=workers)
        assert resumed[0] == whole[0], kill_at
        assert same(resumed[1], whole[1]), kill_at
        assert resumed[2] == whole[2], kill_at


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs /proc")
def test_after_a_power_cut_no_checkpoint_is_ahead_of_the_trace(tmp_path, monkeypatch):
    """A disk has for sure what was synchronised, in that order."""
    safe, checkpoints = [0], []

    def sync(number):
        content = Path(f"/proc/self/fd/{number}").readlink()
        if content.name == "trace.jsonl":
            safe.append(max(read_trace(content)))
        elif "checkpoint" in content.name:
            checkpoints.append((load_torch(content)["iteration"], safe[-1]))

    monkeypatch.setattr(files.os, "fsync", sync)
    build(tmp_path).run()
    assert len(checkpoints) > 2
    assert all(step <= logged for step, logged in checkpoints)


def test_a_finished_run_stays_finished(tmp_path):
    trace, content, _ = finish(tmp_path)
    again, content_again, _ = finish(tmp_path)
    assert again == trace
    assert same(content, content_again)


def test_model_is_the_best_epoch_and_its_provenance_says_so(tmp_path):
    _, content, metrics = finish(tmp_path)
    best = min(metrics, key=lambda epoch: metrics[epoch]["mse"])
    provenance = json.loads((tmp_path / "provenance.json").read_text())
    assert provenance["epoch"] == best == content["best"]["epoch"]
    network = UNet3D(base_channels=2)
    LoadModel(tmp_path / "model.pt", network)()
    assert set(load_torch(tmp_path / "model.pt")) == set(network.state_dict())


@pytest.mark.parametrize("last", [False, True])
def test_provenance_and_card_agree_with_the_trace_whenever_weights_are_kept(tmp_path, last):
    """Also when the run was killed, or set back to a copy that knew less than the trace."""

    def agrees(engine):
        record = read_record(tmp_path / "provenance.json")
        epoch, traced = record["epoch"], read_metrics(tmp_path / "trace.jsonl")
        noted = {str(number): traced[number] for number in traced if number <= epoch}
        assert (record["kept"], record["metrics"]) == ("last" if last else "best", noted)
        assert record["iteration"] == 5 * epoch
        row = f"| mse (validation of epoch {epoch}) | {traced[epoch]['mse']:.4g} |"
        assert row in provenance_table({"version": "1"}, record)
        seen.append(engine.state.epoch)

    def started():
        trainer = build(tmp_path)
        if last:
            SaveModel(tmp_path, trainer.network).attach(trainer)
        trainer.add_event_handler(Events.EPOCH_COMPLETED, agrees)
        return trainer

    seen, copy = [], tmp_path / "copy.pt"
    run_and_kill(started(), 13)
    shutil.copyfile(tmp_path / "checkpoint.pt", copy)
    started().run()
    shutil.copyfile(copy, tmp_path / "checkpoint.pt")
    started().run()
    assert seen == [1, 2, 3, 4, 3, 4]


def test_parts_leave_the_rest_out_of_the_model(tmp_path):
    trainer = build(tmp_path)
    SaveModel(tmp_path, trainer.network, parts=["encoder"]).save(trainer)
    assert {name.split(".")[0] for name in load_torch(tmp_path / "model.pt")} == {"encoder"}


def test_a_target_network_is_saved_beside_the_model_under_the_same_names(tmp_path):
    trainer = build(tmp_path)
    network = nn.Module()
    network.encoder, network.other = nn.Linear(2, 2), nn.Linear(2, 2)
    network.target = target_of(nn.ModuleDict({"encoder": nn.Linear(2, 2), "x": nn.Linear(2, 2)}))
    SaveModel(tmp_path, network, parts=["encoder"], target="target").save(trainer)
    model, target = (load_torch(tmp_path / name) for name in ("model.pt", "target.pt"))
    assert set(model) == set(target) == {"encoder.weight", "encoder.bias"}
    assert model["encoder.weight"].equal(network.encoder.weight)
    assert target["encoder.weight"].equal(network.target["encoder"].weight)
    hashes = json.loads((tmp_path / "provenance.json").read_text())["sha256"]
    assert hashes == {name: sha256_of(tmp_path / name) for name in ("model.pt", "target.pt")}


def test_damaged_and_foreign_checkpoints_are_told_in_one_line(tmp_path):
    finish(tmp_path)
    with pytest.raises(UserError, match=r"checkpoint.pt: does not fit this run.*delete it"):
        build(tmp_path, base=4).run()
    path = tmp_path / "checkpoint.pt"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(UserError, match=r"checkpoint.pt: not a readable"):
        build(tmp_path).run()


def test_model_of_another_network_is_told_in_one_line(tmp_path):
    finish(tmp_path)
    with pytest.raises(UserError, match=r"another network \(.*check base_channels") as caught:
        LoadModel(tmp_path / "model.pt", UNet3D(base_channels=4))()
    assert "\n" not in str(caught.value)


def test_weights_that_provenance_does_not_describe_are_refused(tmp_path):
    finish(tmp_path)
    network = UNet3D(base_channels=2, activation="sigmoid")
    LoadModel(tmp_path / "model.pt", network)()
    torch.save(UNet3D(base_channels=2).state_dict(), tmp_path / "model.pt")
    with pytest.raises(UserError, match=r"model\.pt: not the weights that provenance\.json"):
        LoadModel(tmp_path / "model.pt", network)()
    (tmp_path / "provenance.json").write_text("{")
    with pytest.raises(UserError, match=r"provenance\.json: damaged .*train again"):
        LoadModel(tmp_path / "model.pt", network)()
    (tmp_path / "provenance.json").unlink()
    LoadModel(tmp_path / "model.pt", network)()


def test_a_finished_run_whose_weights_were_damaged_says_so(tmp_path):
    finish(tmp_path)
    content = bytearray((tmp_path / "model.pt").read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "model.pt").write_bytes(content)
    with pytest.raises(UserError, match=r"this run is finished, but model\.pt is gone or damaged"):
        finish(tmp_path)
