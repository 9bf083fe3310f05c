"""Relative patch location, autoencoder and input sizes: what is particular to these bundles."""

import json

import pytest
import torch

from medssl.engines import read_trace
from medssl.errors import UserError, one_line
from medssl.networks import UNet3D
from medssl.transfer import transfer
from medssl.weights import load_torch

from .conftest import tiny

RESTORING = ("pretrain_autoencoder", "pretrain_models_genesis")
PATCHES = "pretrain_relative_patch_location"


@pytest.mark.parametrize("bundle", RESTORING)
def test_without_skips_the_encoder_is_handed_over_and_the_decoder_refused(
    bundle, run_bundle, tmp_path
):
    settings = {**tiny(bundle), "skip": False}
    run_bundle(bundle, ["train"], output_dir=str(tmp_path), **settings)
    run_bundle(bundle, ["train", "evaluate"], output_dir=str(tmp_path), **settings)
    assert json.loads((tmp_path / "metrics.json").read_text())["mse"] > 0
    network = UNet3D(base_channels=2)
    report = transfer(tmp_path / "model.pt", network)
    assert {name.split(".")[0] for name in report.loaded} == {"encoder"}
    assert "'decoder.stages.0.convs.unit1.conv.weight' has shape" in report.summary()
    trained, image = UNet3D(base_channels=2, skip=False), torch.rand(1, 1, 16, 16, 16)
    trained.load_state_dict(load_torch(tmp_path / "model.pt"))
    levels = (trained.eval().encoder(image), network.eval().encoder(image))
    assert all(ours.equal(theirs) for ours, theirs in zip(*levels))
    with pytest.raises(UserError, match=r"cannot transfer the decoder.*shape \(16, 32, 3, 3, 3\)"):
        transfer(tmp_path / "model.pt", network, "decoder")


@pytest.mark.parametrize("size", [[24, 24, 24], [16, 16, 8]])
def test_rotation_takes_another_input_size_by_one_key(size, run_bundle, tmp_path):
    configs = ["train"] if size[2] == size[0] else ["train", "paper"]
    settings = {**tiny("pretrain_rotation"), "crop_size": size}
    run_bundle("pretrain_rotation", configs, output_dir=str(tmp_path), **settings)
    config = json.loads((tmp_path / "run.json").read_text())["config"]
    assert config["crop_size"] == size
    assert len(read_trace(tmp_path / "trace.jsonl")) >= 1


def test_a_patch_size_beyond_the_scans_is_one_clear_line(run_bundle, tmp_path):
    settings = {**tiny(PATCHES), "patch_size": [96, 96, 32]}
    with pytest.raises(RuntimeError) as caught:
        run_bundle(PATCHES, ["train"], output_dir=str(tmp_path), **settings)
    assert "cut [300, 300, 108] voxels, any margin included, which is larger" in one_line(
        caught.value
    )


def test_evaluation_needs_the_checkpoint_with_the_heads(run_bundle, tmp_path):
    with pytest.raises(RuntimeError) as caught:
        run_bundle(PATCHES, ["train", "evaluate"], output_dir=str(tmp_path), **tiny(PATCHES))
    assert "checkpoint.pt: no such file" in one_line(caught.value)
