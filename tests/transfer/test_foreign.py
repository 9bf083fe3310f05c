"""Checkpoints with other code's names and nesting, written here by tables of their own."""

import pytest
import torch
from torch import nn

from medssl.errors import UserError
from medssl.networks import EncoderClassifier, UNet3D
from medssl.transfer import transfer, translate

BASE = 2
# Ours to theirs, written out; the code under test goes the other way by regular expressions.
BLOCKS = {
    "encoder.blocks.0.": "down_tr64.",
    "encoder.blocks.1.": "down_tr128.",
    "encoder.blocks.2.": "down_tr256.",
    "encoder.blocks.3.": "down_tr512.",
    "decoder.stages.0.convs.": "up_tr256.",
    "decoder.stages.1.convs.": "up_tr128.",
    "decoder.stages.2.convs.": "up_tr64.",
    "decoder.stages.0.up.": "up_tr256.up_conv.",
    "decoder.stages.1.up.": "up_tr128.up_conv.",
    "decoder.stages.2.up.": "up_tr64.up_conv.",
    "head.": "out_tr.final_conv.",
}
LAYERS = {
    "unit1.conv.": "ops.0.conv1.",
    "unit1.norm.": "ops.0.bn1.",
    "unit2.conv.": "ops.1.conv1.",
    "unit2.norm.": "ops.1.bn1.",
}


def network(seed: int = 0, base_channels: int = BASE, skip: bool = True) -> UNet3D:
    """A U-Net whose every entry differs from that of other seeds."""
    unet = UNet3D(base_channels=base_channels, skip=skip)
    generator = torch.Generator().manual_seed(seed)
    for value in unet.state_dict().values():
        if value.is_floating_point():
            value.copy_(torch.rand(value.shape, generator=generator))
        else:
            value.fill_(seed + 3)
    return unet


def foreign(source: nn.Module, prefix: str = "", part: str = "") -> dict[str, torch.Tensor]:
    """State dict under foreign names; with ``part`` only that of encoder or decoder."""
    renamed = {}
    for name, value in source.state_dict().items():
        if not name.startswith(part):
            continue
        for ours, theirs in (BLOCKS | LAYERS).items():
            name = name.replace(ours, theirs)
        renamed[prefix + name] = value.clone()
    return renamed


def test_the_tables_give_the_published_number_of_entries():
    names = list(foreign(network()))
    assert len(names) == 106
    assert not [name for name in names if name.startswith(("encoder", "decoder", "head"))]


def models_genesis():
    content = {"epoch": 7, "optimizer_state_dict": {"state": {0: {"m": torch.ones(2)}}}}
    return content | {"state_dict": foreign(network(), "module.")}


def classifier():
    head = {"fc.0.weight": torch.rand(4, 3), "fc.0.bias": torch.rand(4)}
    return {"state_dict": foreign(network(), "encoder.", "encoder") | head}


def byol():
    online, target = network(), network(1)
    projector = {"projetion.net.0.weight": torch.rand(4, 3)}
    return {
        "state_dict": foreign(target, "", "encoder") | projector,
        "online_state_dict": foreign(online, "module.", "encoder") | projector,
        "optimizer": {"state": {}, "param_groups": [{"lr": 0.1}]},
    }


def pcrl():
    extra = {"module.fc1.weight": torch.rand(4, 3)}
    return {
        "epoch": 240,
        "networks": {
            "first": foreign(network(), "module.", "encoder") | extra,
            "second": foreign(network(), "module.", "decoder") | extra,
        },
    }


FORMATS = {
    "models_genesis": (models_genesis, {"encoder": 56, "decoder": 48}),
    "study_classifier": (classifier, {"encoder": 56, "decoder": 0}),
    "study_byol": (byol, {"encoder": 56, "decoder": 0}),
    "study_pcrl": (pcrl, {"encoder": 56, "decoder": 48}),
}


@pytest.mark.parametrize("naming", FORMATS)
@pytest.mark.parametrize("suffix", ["pt", "pth.tar"])
def test_every_known_format_arrives_bit_for_bit(tmp_path, naming, suffix):
    build, counts = FORMATS[naming]
    torch.save(build(), tmp_path / f"foreign.{suffix}")
    ours = UNet3D(base_channels=BASE)
    report = transfer(tmp_path / f"foreign.{suffix}", ours)
    assert report.naming == naming
    assert report.as_dict()["naming"] == naming
    assert f"key map {naming}" in report.summary()
    assert {part.part: len(part.loaded) for part in report.parts} == counts
    expected = network().state_dict()
    state = ours.state_dict()
    assert all(torch.equal(state[name], expected[name]) for name in report.loaded)


def test_old_serialisation_is_read_too(tmp_path):
    """Files of the years of these papers are no zip archives."""
    path = tmp_path / "old.pth"
    torch.save(models_genesis(), path, _use_new_zipfile_serialization=False)
    assert len(transfer(path, UNet3D(base_channels=BASE)).loaded) == 104


def test_the_features_are_those_of_the_foreign_network(tmp_path):
    torch.save(classifier(), tmp_path / "foreign.pt")
    ours = EncoderClassifier(1, base_channels=BASE)
    transfer(tmp_path / "foreign.pt", ours, "encoder")
    image = torch.rand(2, 1, 16, 16, 8)
    with torch.no_grad():
        levels = zip(ours.eval().encoder(image), network().eval().encoder(image), strict=True)
        assert all(torch.equal(a, b) for a, b in levels)


def test_either_network_of_a_byol_file(tmp_path):
    torch.save(byol(), tmp_path / "byol.pt")
    for branch, seed in (("online", 0), ("target", 1)):
        ours = UNet3D(base_channels=BASE)
        assert len(transfer(tmp_path / "byol.pt", ours, "encoder", branch).loaded) == 56
        expected = network(seed).encoder.state_dict()
        state = ours.encoder.state_dict()
        assert all(torch.equal(state[name], expected[name]) for name in state)


def test_own_files_are_called_own(tmp_path):
    torch.save(network().state_dict(), tmp_path / "model.pt")
    report = transfer(tmp_path / "model.pt", UNet3D(base_channels=BASE))
    assert report.naming == "medssl"
    assert "key map" not in report.summary()


def two_prefixes():
    state = foreign(network(), "online.", "encoder") | foreign(network(1), "target.", "encoder")
    return {"state_dict": state}


def two_keys():
    return {"model_state": foreign(network()), "ema": foreign(network(1))}


@pytest.mark.parametrize(
    ("build", "parts", "message"),
    [
        (two_prefixes, "auto", "two networks.*'online.' and 'target.'.*torch.save"),
        (two_keys, "auto", r"several networks, under \['ema', 'model_state'\]"),
        (lambda: foreign(network(base_channels=3)), "auto", "base_channels 3, the network 2"),
        (lambda: foreign(network(base_channels=3)), "encoder", "base_channels 3, the network 2"),
        (lambda: foreign(network(skip=False)), "decoder", "cannot transfer the decoder.*shape"),
        (classifier, ["encoder", "decoder"], "cannot transfer the decoder: 48 of 48"),
        (lambda: {"state_dict": {"layer1.0.weight": torch.rand(2)}}, "auto", "no part fits"),
        (lambda: {"down_tr64.ops.0.bn1.weight": torch.rand(2)}, "encoder", "55 of 56 entries"),
        (lambda: {"down_tr96.ops.0.bn1.weight": torch.rand(2)}, "auto", "no part fits"),
        (lambda: [torch.rand(2)], "auto", "holds no weights"),
    ],
)
def test_what_cannot_be_taken_is_refused_in_one_line(tmp_path, build, parts, message):
    torch.save(build(), tmp_path / "foreign.pt")
    ours = UNet3D(base_channels=BASE)
    before = {name: value.clone() for name, value in ours.state_dict().items()}
    with pytest.raises(UserError, match=message) as caught:
        transfer(tmp_path / "foreign.pt", ours, parts)
    assert "\n" not in str(caught.value)
    assert "foreign.pt" in str(caught.value)
    assert all(torch.equal(value, before[name]) for name, value in ours.state_dict().items())


def test_python_objects_are_refused_with_advice(tmp_path):
    """A whole pickled module beside the weights, as some training scripts leave it."""
    torch.save({"state_dict": foreign(network()), "net": nn.Linear(2, 2)}, tmp_path / "whole.pth")
    with pytest.raises(UserError, match=r"whole\.pth.*save its state dict alone") as caught:
        transfer(tmp_path / "whole.pth", UNet3D(base_channels=BASE))
    assert "\n" not in str(caught.value)


def test_translate_leaves_out_what_is_neither_trunk_nor_output():
    weights, naming = translate({"encoder.fc.weight": torch.rand(1), **foreign(network())})
    assert naming == "models_genesis"
    assert set(weights) == set(network().state_dict())
