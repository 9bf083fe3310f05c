"""A model file with re-estimated statistics, made when training ends or before an evaluation."""

import json
from pathlib import Path

import pytest
import torch
from ignite.engine import Engine
from monai.engines import SupervisedEvaluator
from torch.utils.data import Dataset

from medssl.analysis import recollect_model
from medssl.engines import LoadModel, RecollectBN
from medssl.errors import UserError
from medssl.files import sha256_of
from medssl.networks import UNet3D
from medssl.store import identify
from medssl.store.contract import SCAN, ScanContract
from medssl.transfer import audit
from medssl.weights import load_torch
from tests.helpers import move_every_entry

BUFFERS = ("running_mean", "running_var", "num_batches_tracked")


class Crops(Dataset):
    data = ()

    def __len__(self):
        return 12

    def __getitem__(self, key):
        return {"image": torch.rand(1, 8, 8, 8, generator=torch.Generator().manual_seed(key[1]))}


def prepare(batch, device, non_blocking):
    return batch["image"].to(device), None


def handler(folder):
    network = move_every_entry(UNet3D(base_channels=2))
    torch.save(network.state_dict(), folder / "model.pt")
    paths = folder / "model.pt", folder / "model_tbs.pt"
    return RecollectBN(UNet3D(base_channels=2), Crops(), prepare, 3, *paths)


def test_the_handler_writes_a_new_file_when_training_is_completed(tmp_path):
    recollect = handler(tmp_path)
    untouched = {name: value.clone() for name, value in recollect.network.state_dict().items()}
    engine = Engine(lambda *_: None)
    recollect.attach(engine)
    engine.run([0])
    old, new = load_torch(tmp_path / "model.pt"), load_torch(tmp_path / "model_tbs.pt")
    assert old.keys() == new.keys()
    for name, value in new.items():
        assert torch.equal(value, old[name]) == (not name.endswith(BUFFERS)), name
    for name, value in recollect.network.state_dict().items():
        assert torch.equal(value, untouched[name])
    record = json.loads((tmp_path / "model_tbs.json").read_text())
    assert record["distance"] > 0
    assert len(record["layers"]) == 14
    assert recollect().as_dict()["layers"] == record["layers"]


def test_before_an_evaluation_the_new_file_is_there_to_be_loaded(tmp_path):
    recollect, network = handler(tmp_path), UNet3D(base_channels=2)
    evaluator = SupervisedEvaluator(
        device=torch.device("cpu"),
        val_data_loader=[{"image": torch.rand(2, 1, 8, 8, 8)}],
        network=network,
        prepare_batch=lambda batch, *_, **__: (batch["image"], batch["image"]),
        val_handlers=[recollect, LoadModel(recollect.output, network)],
    )
    evaluator.run()
    written = load_torch(recollect.output)
    assert all(torch.equal(value, written[name]) for name, value in network.state_dict().items())


def scan(name, **contract):
    known = {"id": name, "patient": f"P {name}", "scan_sha256": name, "image": f"{name}.b2nd"}
    return {**known, "split": "training", SCAN: ScanContract(**contract).as_dict()}


def trained_on(folder, *names):
    """The provenance of the model in this folder."""
    run = {"data": {"training": identify([scan(name) for name in names]), "validation": []}}
    sha256 = {"model.pt": sha256_of(folder / "model.pt")}
    record = {"sha256": sha256, "run": run, SCAN: ScanContract().as_dict()}
    (folder / "provenance.json").write_text(json.dumps(record))


@pytest.mark.parametrize("name", ["model_tbs.pt", "apart/model.pt"])
def test_the_scans_behind_the_statistics_count_as_seen(name, tmp_path):
    recollect = handler(tmp_path)
    trained_on(tmp_path, "a", "b")
    recollect.output, recollect.items = tmp_path / name, [scan("b"), scan("held out")]
    recollect()
    listing = {SCAN: ScanContract().as_dict(), "training": [], "test": [scan("held out")]}
    (tmp_path / "datalist.json").write_text(json.dumps(listing))
    report = audit(tmp_path / name, tmp_path)
    assert [one.reason for one in report.overlaps] == [
        "the same scan, in its batch-norm statistics"
    ]
    assert report.seen == 3  # "b" was seen once, in training
    assert not audit(tmp_path / "model.pt", tmp_path).overlaps


@pytest.mark.parametrize("contract", [{"spacing": None}, {"clip": (-100.0, 100.0)}])
def test_scans_unlike_those_of_the_training_are_refused_before_anything_is_written(
    contract, tmp_path
):
    recollect = handler(tmp_path)
    trained_on(tmp_path, "a")
    recollect.items = [scan("a"), scan("b", **contract)]
    with pytest.raises(UserError, match=rf"b\.b2nd: prepared with {next(iter(contract))}"):
        recollect()
    assert not recollect.output.exists()


BUNDLE = Path(__file__).resolve().parents[2] / "bundles" / "lung_nodule_ct_segmentation"


@pytest.mark.parametrize(
    ("model", "output", "message"),
    [
        ("model.pt", "model.pt", "--output: .*other than --model"),
        ("model.pt", "folder", "--output: folder, expected a .pt file"),
    ],
)
def test_the_model_is_never_overwritten(model, output, message):
    with pytest.raises(UserError, match=message):
        recollect_model(BUNDLE, "data", model, output)
