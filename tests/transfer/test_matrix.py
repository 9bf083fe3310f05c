"""Every pretext network to every task network: same features, bit for bit, or a refusal."""

import json
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from monai.bundle import ConfigParser
from tests.helpers import move_every_entry
from torch import nn

from medssl.engines import SaveModel
from medssl.errors import UserError
from medssl.networks import EncoderClassifier, UNet3D
from medssl.transfer import transfer
from medssl.weights import load_exactly, load_torch

BASE = 2
BUNDLES = {path.name: path for path in Path(__file__).parents[2].glob("bundles/pretrain_*")}
METHODS = sorted(BUNDLES)
FAMILIES = {
    name: json.loads((path / "configs" / "metadata.json").read_text())["pretext"]["family"]
    for name, path in BUNDLES.items()
}
DECODERS = {name for name in METHODS if "generative" in FAMILIES[name]}
TASKS = {
    "nodule_classification": lambda: EncoderClassifier(1, base_channels=BASE),
    "nodule_segmentation": lambda: UNet3D(base_channels=BASE),
    "liver_segmentation": lambda: UNet3D(base_channels=BASE),
    "liver_and_tumor_segmentation": lambda: UNet3D(out_channels=3, base_channels=BASE),
    "volume_segmentation": lambda: UNet3D(out_channels=4, base_channels=BASE),
    "volume_classification": lambda: EncoderClassifier(3, base_channels=BASE),
}


@lru_cache
def parser(method: str, config: str) -> ConfigParser:
    reader = ConfigParser()
    reader.read_config(BUNDLES[method] / "configs" / f"{config}.json")
    return reader


def network_of(method: str, config: str, base_channels: int = BASE, **keys) -> nn.Module:
    """``network_def`` of a bundle's config, all parameters and buffers moved to random values."""
    reader = parser(method, config)
    before = {key: reader[key] for key in keys}
    reader.update({"base_channels": base_channels, **keys})
    reader.parse(reset=True)
    network = reader.get_parsed_content("network_def")
    reader.update(before)
    return move_every_entry(network)


def save(method: str, origin: str, folder: Path, **keys) -> tuple[Path, nn.Module]:
    """A weight file, and the inference network that holds exactly what is in it.

    Args:
        origin: "inference" for the network of inference.json, "training" for what training saves.
    """
    network = network_of(method, "inference", **keys)
    path = folder / "model.pt"
    if origin == "inference":
        torch.save(network.state_dict(), path)
        return path, network
    handlers = parser(method, "train")["train"]["handlers"]
    (saver,) = [handler for handler in handlers if handler["_target_"].endswith("SaveModel")]
    trained = network_of(method, "train", **keys)
    handler = SaveModel(folder, trained, saver.get("parts"), saver.get("target"))
    handler.save(SimpleNamespace(state=SimpleNamespace(epoch=1)))
    load_exactly(network, load_torch(path), path)
    return path, network


@torch.no_grad()
def levels_of(network: nn.Module) -> list[torch.Tensor]:
    image = torch.rand(2, 1, 16, 16, 8, generator=torch.Generator().manual_seed(5))
    return network.eval().encoder(image)


def equal(ours: list[torch.Tensor], theirs: list[torch.Tensor]) -> bool:
    return all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True))


def copies(network: nn.Module) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in network.state_dict().items()}


def test_all_methods_are_here():
    assert len(METHODS) >= 10
    assert {"pretrain_autoencoder", "pretrain_models_genesis", "pretrain_pcrl"} <= DECODERS


@pytest.mark.parametrize("origin", ["inference", "training"])
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("method", METHODS)
def test_all_that_fits_is_handed_over(tmp_path, method, task, origin):
    path, source = save(method, origin, tmp_path)
    target = TASKS[task]()
    untouched = copies(target.head)
    assert not equal(levels_of(target), levels_of(source))
    report = transfer(path, target)
    levels = levels_of(source)
    assert equal(levels_of(target), levels)
    has_both = method in DECODERS and hasattr(target, "decoder")
    counts = {part.part: len(part.loaded) for part in report.parts}
    assert counts == {"encoder": 56, "decoder": 48 if has_both else 0}
    assert report.naming == "medssl"
    if has_both:
        with torch.no_grad():
            assert torch.equal(target.decoder(levels), source.decoder(levels))
    assert all(torch.equal(v, untouched[n]) for n, v in target.head.state_dict().items())


@pytest.mark.parametrize("parts", ["encoder", "decoder", ["encoder", "decoder"]])
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("method", METHODS)
def test_asked_parts_arrive_alone_or_are_refused(tmp_path, method, task, parts):
    path, source = save(method, "inference", tmp_path)
    target = TASKS[task]()
    before = copies(target)
    asked = {parts} if isinstance(parts, str) else set(parts)
    if "decoder" in asked and not (method in DECODERS and hasattr(target, "decoder")):
        with pytest.raises(UserError, match="cannot transfer the decoder"):
            transfer(path, target, parts)
        asked = set()
    else:
        transfer(path, target, parts)
    given = source.state_dict()
    for name, value in target.state_dict().items():
        assert torch.equal(value, (given if name.split(".")[0] in asked else before)[name]), name


@pytest.mark.parametrize("method", sorted(DECODERS))
@pytest.mark.parametrize("origin", ["inference", "training"])
def test_decoder_trained_without_skips_stays_behind(tmp_path, method, origin):
    path, source = save(method, origin, tmp_path, skip=False)
    target = UNet3D(base_channels=BASE)
    decoder = copies(target.decoder)
    report = transfer(path, target)
    assert equal(levels_of(target), levels_of(source))
    assert all(torch.equal(v, decoder[n]) for n, v in target.decoder.state_dict().items())
    assert "decoder 0/48 (skipped" in report.summary()
    with pytest.raises(UserError, match=r"cannot transfer the decoder.*has shape"):
        transfer(path, target, ["encoder", "decoder"])


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("width", [1, 3, 4])
def test_another_width_is_refused(tmp_path, method, width):
    path, _ = save(method, "inference", tmp_path, base_channels=width)
    target = UNet3D(base_channels=BASE)
    before = copies(target)
    for parts in ("auto", "encoder"):
        with pytest.raises(UserError, match=f"base_channels {width}, the network 2"):
            transfer(path, target, parts)
    assert all(torch.equal(v, before[n]) for n, v in target.state_dict().items())
