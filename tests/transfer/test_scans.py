"""Weights from other scans: another spacing, window or modality is said, other axes refused."""

import json
import zipfile

import pytest
import torch

from medssl.errors import UserError
from medssl.files import sha256_of
from medssl.networks import UNet3D
from medssl.store.contract import ScanContract
from medssl.transfer import load_pretrained

SCAN = {**ScanContract((1.0, 1.0, 1.0)).as_dict(), "window": [-1000, 1000], "crop_size": [64] * 3}
NETWORK = {"in_channels": 1, "base_channels": 2}


def write(folder, name, scan, network):
    folder.mkdir(parents=True, exist_ok=True)
    model = folder / "model.pt"
    listed = {model.name: sha256_of(model)} if model.is_file() else {}
    content = {"sha256": listed, "scan": {**SCAN, **scan}, "network": {**NETWORK, **network}}
    (folder / name).write_text(json.dumps(content))
    return folder


@pytest.fixture
def pretrained(tmp_path):
    """A pretraining at 1 mm in the window of the lung."""
    folder = tmp_path / "pretraining" / "models"
    folder.mkdir(parents=True)
    torch.save(UNet3D(base_channels=2).state_dict(), folder / "model.pt")
    return write(folder, "provenance.json", {}, {}).parent


def hand_over(pretrained, tmp_path, scan=(), network=()):
    folder = write(tmp_path / "run", "run.json", dict(scan), dict(network))
    unet = UNet3D(base_channels=2)
    before = unet.encoder.blocks[0].unit1.conv.weight.clone()
    try:
        return load_pretrained(unet, str(pretrained), "auto", folder)
    except UserError:
        assert torch.equal(unet.encoder.blocks[0].unit1.conv.weight, before)
        raise


def zipped(folder, path):
    with zipfile.ZipFile(path, "w") as archive:
        for file in (folder / "models").iterdir():
            archive.write(file, f"{folder.name}/models/{file.name}")
    return path


@pytest.mark.parametrize("kind", ["folder", "file", "zip"])
def test_spacing_window_and_modality_are_stated(pretrained, tmp_path, kind):
    source = {
        "folder": lambda: pretrained,
        "file": lambda: pretrained / "models" / "model.pt",
        "zip": lambda: zipped(pretrained, tmp_path / "released.zip"),
    }[kind]()
    scan = {"spacing": [2.0, 2.0, 2.0], "window": [-200, 200], "crop_size": [32] * 3}
    report = hand_over(source, tmp_path, {**scan, "intensity": "zscore", "channels": ["MR"]})
    assert report.summary().endswith(
        "; spacing [1.0, 1.0, 1.0] there, [2.0, 2.0, 2.0] here; intensity hu there, zscore here"
        "; channels ['CT'] there, ['MR'] here"
        "; window [-1000, 1000] there, [-200, 200] here"
    )
    written = json.loads((tmp_path / "run" / "transfer.json").read_text())["changes"]
    assert written[0] == {"key": "spacing", "pretraining": [1.0] * 3, "here": [2.0] * 3}


def test_nothing_is_said_of_equal_or_unknown_scans(pretrained, tmp_path):
    assert hand_over(pretrained, tmp_path).changes == ()
    (pretrained / "models" / "provenance.json").unlink()
    assert hand_over(pretrained, tmp_path, {"axes": "LPS"}).changes == ()


def test_scans_of_another_kind_are_refused(pretrained, tmp_path):
    with pytest.raises(UserError, match=r"^pretrained: .* trained with axes 'RAS', this run has"):
        hand_over(pretrained, tmp_path, {"axes": "LPS"})


def test_one_channel_may_become_several_but_not_two_three(pretrained, tmp_path):
    report = hand_over(pretrained, tmp_path, network={"in_channels": 3})
    assert "in_channels 1 there, 3 here" in report.summary()
    write(pretrained / "models", "provenance.json", {}, {"in_channels": 2})
    with pytest.raises(UserError, match=r"^pretrained: .* trained with in_channels 2, this run"):
        hand_over(pretrained, tmp_path, network={"in_channels": 3})
