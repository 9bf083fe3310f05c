"""Features of held-out crops, against a literal loop."""

import pytest
import torch
from torch import nn

from medssl.analysis.health.held_out import measure
from medssl.analysis.health.run_folder import RunRecord
from medssl.engines.identity import flatten
from medssl.errors import UserError
from medssl.store.contract import ScanContract
from medssl.weights import save_torch

FEATURES = 6
IMAGES = torch.rand(5, 2, 1, 8, 8, 8, generator=torch.Generator().manual_seed(0))


class Levels(nn.Sequential):
    """An encoder of one level."""

    def forward(self, images):
        return [super().forward(images)]


class Told(nn.Module):
    """Takes a further argument, as PCRL's network does; without it nothing is seen."""

    def __init__(self):
        super().__init__()
        self.encoder = Levels(nn.Conv3d(1, FEATURES, 3), nn.BatchNorm3d(FEATURES), nn.ReLU())

    def forward(self, images, factor=0.0):
        return self.encoder(factor * images)


def crops():
    """Five batches of two."""
    return [{"image": images} for images in IMAGES]


def halved(batch, device, non_blocking):
    return batch["image"].to(device, non_blocking=non_blocking), None, (0.5,), {}


CONFIG = {
    "dataset_dir": "elsewhere",
    "network_def": {"_target_": f"{__name__}.Told"},
    "train": {"prepare_batch": {"_target_": f"{__name__}.halved", "_mode_": "callable"}},
    "validate": {
        "dataset": {"_target_": "types.SimpleNamespace", "data": "$[]"},
        "dataloader": {"_target_": f"{__name__}.crops"},
    },
}


@pytest.fixture
def trained(tmp_path):
    torch.manual_seed(0)
    network = Told()
    network.encoder[1].running_mean.fill_(0.1)
    save_torch(tmp_path / "checkpoint.pt", {"state": {"network": network.state_dict()}})
    return network.eval()


def run(folder, scan=None, **changes):
    return RunRecord(folder, flatten({**CONFIG, **changes}), 0, 1, {1: 1.0}, {}, scan=scan or {})


@pytest.mark.parametrize(("asked", "batches"), [(1, 1), (4, 2), (5, 3), (99, 5)])
def test_pooled_features_of_as_many_whole_batches_as_are_asked_for(
    asked, batches, trained, tmp_path
):
    found = measure(run(tmp_path), tmp_path, tmp_path, asked)
    with torch.no_grad():
        level = trained.encoder(0.5 * IMAGES[:batches].flatten(0, 1))[-1]
    features = level.flatten(2).mean(2).double()
    units = features / features.norm(dim=1, keepdim=True)
    assert found.spread == pytest.approx(float(units.std(0).mean()) * FEATURES**0.5, rel=1e-4)
    values = torch.linalg.svdvals(features - features.mean(0))
    shares = [float(value / values.sum()) for value in values]
    entropy = -sum(share * torch.tensor(share).log() for share in shares if share > 1e-9)
    assert found.effective_rank == pytest.approx(float(entropy.exp()), rel=1e-3)


def test_the_weights_are_those_of_the_checkpoint_and_must_be_there(trained, tmp_path):
    before = measure(run(tmp_path), tmp_path, tmp_path)
    nn.init.ones_(trained.encoder[1].bias)
    save_torch(tmp_path / "checkpoint.pt", {"state": {"network": trained.state_dict()}})
    assert measure(run(tmp_path), tmp_path, tmp_path) != before
    (tmp_path / "checkpoint.pt").unlink()
    with pytest.raises(UserError, match=r"checkpoint\.pt: no checkpoint yet; wait for"):
        measure(run(tmp_path), tmp_path, tmp_path)


def listed(scan):
    """The data list that ``dataset_dir`` names."""
    item = {"image": "@dataset_dir", "scan": ScanContract(scan).as_dict()}
    return {**CONFIG["validate"], "dataset": {"_target_": "types.SimpleNamespace", "data": [item]}}


@pytest.mark.usefixtures("trained")
def test_scans_prepared_in_another_way_are_refused_by_their_name(tmp_path):
    scan = ScanContract((2.0,) * 3).as_dict()
    measure(run(tmp_path, scan, validate=listed((2.0,) * 3)), tmp_path, "given")
    with pytest.raises(UserError, match=r"^given: prepared with spacing \[1.0, 1.0, 1.0\]"):
        measure(run(tmp_path, scan, validate=listed((1.0,) * 3)), tmp_path, "given")
