"""Networks restore the same corrupted crops, each with its own architecture."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from medssl.analysis.restored import figure_of, restore, restore_with
from medssl.commands import Analyse
from medssl.errors import UserError
from medssl.networks import UNet3D
from medssl.sources import prepare_images
from medssl.store.contract import ScanContract

BUNDLES = Path(__file__).resolve().parents[2] / "bundles"
SETTINGS = {"crop_size": [16, 8, 8], "num_workers": 0, "device": "cpu", "crop_rule": "any"}


class Times(nn.Module):
    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def forward(self, images):
        return self.factor * images


def test_a_row_for_each_crop_and_a_column_for_each_network():
    clean, corrupted = torch.rand(2, 2, 1, 6, 5, 4)
    found = restore({"same": Times(1), "half": Times(0.5)}, corrupted, clean)
    axes = figure_of(found).axes
    assert len(axes) == 2 * 4
    assert [axis.get_title() for axis in axes[:4]] == ["clean", "corrupted", "same", "half"]
    shown = [np.asarray(axis.get_images()[0].get_array()) for axis in axes]
    for row, crops in enumerate(zip(clean, corrupted)):
        wanted = [*crops, crops[1], crops[1] / 2]
        for column, crop in enumerate(wanted):
            middle = crop[0, :, :, 2].numpy().T[::-1, ::-1]
            np.testing.assert_allclose(shown[4 * row + column], middle)
    errors = found.errors()
    assert (
        errors["as it is"]
        == errors["same"]
        == pytest.approx(float(((corrupted - clean) ** 2).mean()))
    )


@pytest.fixture
def folders(scans, tmp_path):
    """Prepared scans, and two runs of which one has no skip connections."""
    given = {"images": "*/ct.nii.gz", "spacing": "native", "workers": 1}
    data = prepare_images(scans, tmp_path / "data", fractions=(0.34, 0.16, 0.5), **given).parent
    for name, skip in (("skip", True), ("plain", False)):
        torch.manual_seed(0)
        (tmp_path / name).mkdir()
        network = UNet3D(base_channels=2, skip=skip)
        torch.save(network.state_dict(), tmp_path / name / "model.pt")
        known = {"base_channels": 2, "skip": skip, "batch_norm": "running"}
        scan = {**ScanContract(None).as_dict(), "window": [-1000, 1000]}
        record = {"network": known, "scan": scan, "trained": True}
        (tmp_path / name / "provenance.json").write_text(json.dumps(record))
    return tmp_path, data


def test_each_network_is_built_as_its_weights_say(folders, tmp_path, capsys):
    runs, data = folders
    models = [f"{name}={runs / name}" for name in ("skip", "plain")]
    files = {"json": str(tmp_path / "r.json"), "picture": str(tmp_path / "r.png")}
    where = {"data": str(data), "bundle": str(BUNDLES / "pretrain_autoencoder")}
    Analyse().restored(*models, **where, count=2, **files, **SETTINGS)
    found = json.loads((tmp_path / "r.json").read_text())
    assert found["crops"] == 2
    assert list(found["mse"]) == ["as it is", "skip", "plain"]
    assert found["mse"]["skip"] != found["mse"]["plain"]
    assert found["mse"]["as it is"] == 0
    assert (tmp_path / "r.png").stat().st_size > 1000
    assert "plain: 0." in capsys.readouterr().out


def test_what_restores_nothing_is_refused(folders):
    runs, data = folders
    bundle = BUNDLES / "pretrain_models_genesis"
    with pytest.raises(UserError, match="expected NAME=MODEL"):
        restore_with([str(runs / "skip")], data, bundle)
    with pytest.raises(UserError, match="models: none"):
        restore_with([], data, bundle)
    with pytest.raises(UserError, match=r"pretrain_rotation: .*restores no crop"):
        restore_with([f"a={runs / 'skip'}"], data, BUNDLES / "pretrain_rotation", overrides={})
