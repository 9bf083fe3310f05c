"""The hand-over copies everything asked for, bit for bit, or refuses."""

import zipfile

import pytest
import safetensors.torch
import torch
from tests.helpers import move_every_entry
from torch import nn

from medssl.errors import UserError
from medssl.networks import EncoderClassifier, FeatureEncoder, SiameseProjection, UNet3D
from medssl.transfer import load_pretrained, transfer, translate

BASE = 2
SOURCES = {
    "rotation": lambda: EncoderClassifier(10, base_channels=BASE),
    "models_genesis": lambda: UNet3D(base_channels=BASE, activation="sigmoid"),
    "models_genesis_without_skip": lambda: UNet3D(base_channels=BASE, skip=False),
    "simclr": lambda: FeatureEncoder(BASE),
}


def features(network: nn.Module, image: torch.Tensor) -> list[torch.Tensor]:
    network.eval()
    with torch.no_grad():
        return list(network.encoder(image))


@pytest.fixture
def image() -> torch.Tensor:
    return torch.rand(2, 1, 16, 16, 8)


@pytest.mark.parametrize("method", SOURCES)
@pytest.mark.parametrize("channels", [1, 3])
def test_trunk_features_are_bit_equal_after_the_hand_over(tmp_path, image, method, channels):
    source = move_every_entry(SOURCES[method]())
    torch.save(source.state_dict(), tmp_path / "model.pt")
    target = UNet3D(out_channels=channels, base_channels=BASE)
    head = target.head.weight.clone()
    report = transfer(tmp_path / "model.pt", target)
    for ours, theirs in zip(features(target, image), features(source, image), strict=True):
        assert torch.equal(ours, theirs)
    assert torch.equal(target.head.weight, head)
    loaded = {part.part: bool(part.loaded) for part in report.parts}
    assert loaded == {"encoder": True, "decoder": method == "models_genesis"}


def test_decoder_is_handed_over_whole(tmp_path, image):
    source = move_every_entry(UNet3D(base_channels=BASE))
    torch.save(source.state_dict(), tmp_path / "model.pt")
    target = UNet3D(base_channels=BASE)
    transfer(tmp_path / "model.pt", target, ["encoder", "decoder"])
    levels = features(source, image)
    with torch.no_grad():
        assert torch.equal(target.eval().decoder(levels), source.eval().decoder(levels))


def test_a_stem_is_repeated_over_channels_from_one_channel_alone(tmp_path, image):
    one, three = (move_every_entry(UNet3D(in_channels=n, base_channels=BASE)) for n in (1, 3))
    for name, source in (("one.pt", one), ("three.pt", three)):
        torch.save(source.state_dict(), tmp_path / name)
    target = UNet3D(in_channels=3, base_channels=BASE)
    transfer(tmp_path / "one.pt", target)
    images = image.expand(-1, 3, -1, -1, -1)
    for ours, theirs in zip(features(target, images), features(one, image), strict=True):
        assert torch.allclose(ours, theirs, atol=1e-5)
    transfer(tmp_path / "three.pt", target)
    for ours, theirs in zip(features(target, images), features(three, images), strict=True):
        assert torch.equal(ours, theirs)
    with pytest.raises(UserError, match=r"cannot transfer the encoder.*shape"):
        transfer(tmp_path / "three.pt", UNet3D(in_channels=2, base_channels=BASE), "encoder")


def test_decoder_alone_leaves_the_encoder(tmp_path):
    torch.save(move_every_entry(UNet3D(base_channels=BASE)).state_dict(), tmp_path / "model.pt")
    target = UNet3D(base_channels=BASE)
    before = {n: v.clone() for n, v in target.encoder.state_dict().items()}
    report = transfer(tmp_path / "model.pt", target, "decoder")
    assert {name.split(".")[0] for name in report.loaded} == {"decoder"}
    assert all(torch.equal(v, before[n]) for n, v in target.encoder.state_dict().items())


def test_every_source_form_gives_the_same_network(tmp_path):
    state = move_every_entry(SOURCES["models_genesis"]()).state_dict()
    bundle = tmp_path / "bundle"
    (bundle / "models").mkdir(parents=True)
    torch.save(state, bundle / "models" / "model.pt")
    with zipfile.ZipFile(tmp_path / "bundle.zip", "w") as archive:
        archive.write(bundle / "models" / "model.pt", "bundle/models/model.pt")
    torch.save({"state_dict": {f"module.{n}": v for n, v in state.items()}}, tmp_path / "ddp.pt")
    safetensors.torch.save_file(state, tmp_path / "model.safetensors")
    for source in (bundle, tmp_path / "bundle.zip", tmp_path / "ddp.pt", "model.safetensors"):
        target = UNet3D(base_channels=BASE)
        transfer(tmp_path / source, target)
        for name, value in target.state_dict().items():
            if not name.startswith("head"):
                assert torch.equal(value, state[name]), (source, name)


def test_shared_demands_what_both_networks_have(tmp_path):
    """A pretraining starts from another: a decoder that does not fit is no decoder to leave out."""
    whole = move_every_entry(UNet3D(base_channels=BASE))
    torch.save(whole.state_dict(), tmp_path / "whole.pt")
    encoder = SOURCES["rotation"]()
    torch.save(encoder.state_dict(), tmp_path / "encoder.pt")
    other = UNet3D(base_channels=BASE, skip=False)
    before = {name: value.clone() for name, value in other.state_dict().items()}
    with pytest.raises(UserError, match="cannot transfer the decoder") as error:
        transfer(tmp_path / "whole.pt", other, "shared")
    assert "base_channels" not in str(error.value)
    assert unchanged(other, before)
    assert {name.split(".")[0] for name in transfer(tmp_path / "whole.pt", other).loaded} == {
        "encoder"
    }
    report = transfer(tmp_path / "whole.pt", UNet3D(base_channels=BASE), "shared")
    assert all(part.loaded for part in report.parts)
    for source, target in (("encoder.pt", UNet3D(base_channels=BASE)), ("whole.pt", encoder)):
        parts = transfer(tmp_path / source, target, "shared").parts
        assert [bool(part.loaded) for part in parts] == [True, False]


def foreign_names(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Rename by hand-written tables, the other way round than the code under test."""
    blocks = {f"encoder.blocks.{i}.": f"down_tr{64 * 2**i}.ops." for i in range(4)}
    blocks |= {f"decoder.stages.{i}.convs.": f"up_tr{256 // 2**i}.ops." for i in range(3)}
    blocks |= {f"decoder.stages.{i}.up.": f"up_tr{256 // 2**i}.up_conv." for i in range(3)}
    inner = {"unit1.conv": "0.conv1", "unit1.norm": "0.bn1"}
    inner |= {"unit2.conv": "1.conv1", "unit2.norm": "1.bn1", "head.": "out_tr.final_conv."}
    renamed = {}
    for name, value in state.items():
        for ours, theirs in {**blocks, **inner}.items():
            name = name.replace(ours, theirs)
        renamed[name] = value
    return renamed


@pytest.mark.parametrize("prefix", ["", "module.", "module.encoder."])
def test_foreign_names_are_understood(prefix):
    state = move_every_entry(UNet3D(base_channels=BASE)).state_dict()
    foreign = {prefix + name: value for name, value in foreign_names(state).items()}
    assert not set(foreign) & set(state)
    back, _ = translate(foreign)
    assert set(back) == set(state)
    assert all(torch.equal(back[name], state[name]) for name in state)


def test_own_names_pass_through():
    state = SOURCES["simclr"]().state_dict()
    assert translate(state)[0].keys() == state.keys()


def unchanged(network: nn.Module, before: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


@pytest.mark.parametrize(
    ("source", "parts", "message"),
    [
        (lambda: UNet3D(base_channels=4), "auto", "no part fits.*base_channels"),
        (lambda: UNet3D(base_channels=4), "encoder", "cannot transfer the encoder.*shape"),
        (SOURCES["simclr"], ["encoder", "decoder"], "cannot transfer the decoder.*missing"),
        (lambda: nn.Linear(2, 2), "auto", "no part fits"),
        (SOURCES["simclr"], "head", "transfer_parts: expected"),
        (SOURCES["simclr"], [], "transfer_parts: expected"),
    ],
)
def test_a_misfit_is_refused_and_changes_nothing(tmp_path, source, parts, message):
    torch.save(source().state_dict(), tmp_path / "model.pt")
    target = UNet3D(base_channels=BASE)
    before = {name: value.clone() for name, value in target.state_dict().items()}
    with pytest.raises(UserError, match=message):
        transfer(tmp_path / "model.pt", target, parts)
    assert unchanged(target, before)


def test_one_missing_buffer_is_enough_to_refuse(tmp_path):
    state = SOURCES["rotation"]().state_dict()
    del state["encoder.blocks.2.unit1.norm.running_var"]
    torch.save(state, tmp_path / "model.pt")
    with pytest.raises(UserError, match=r"1 of 56 entries missing.*running_var"):
        transfer(tmp_path / "model.pt", UNet3D(base_channels=BASE), "encoder")


def test_unreadable_files_are_named_in_one_line(tmp_path):
    torch.save(UNet3D(base_channels=BASE).state_dict(), tmp_path / "whole.pt")
    whole = (tmp_path / "whole.pt").read_bytes()
    (tmp_path / "truncated.pt").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.pt").write_text("hello")
    (tmp_path / "empty.zip").write_bytes(b"")
    (tmp_path / "wrong.safetensors").write_bytes(whole)
    torch.save({"epoch": 3}, tmp_path / "no_weights.pt")
    (tmp_path / "bundle").mkdir()
    names = ["truncated.pt", "text.pt", "empty.zip", "wrong.safetensors", "no_weights.pt"]
    for name in [*names, "absent.pt", "bundle"]:
        with pytest.raises(UserError, match=name) as caught:
            transfer(tmp_path / name, UNet3D(base_channels=BASE))
        assert "\n" not in str(caught.value)


def test_code_in_a_checkpoint_is_never_run(tmp_path):
    class Malicious:
        def __reduce__(self):
            return (open, (str(tmp_path / "owned"), "w"))

    torch.save({"encoder.x": Malicious()}, tmp_path / "model.pt")
    with pytest.raises(UserError, match="plain tensors"):
        transfer(tmp_path / "model.pt", UNet3D(base_channels=BASE))
    assert not (tmp_path / "owned").exists()


def test_bundle_step_reports_or_does_nothing(tmp_path):
    target = UNet3D(base_channels=BASE)
    assert load_pretrained(target, None, "auto", tmp_path) is None
    torch.save(SiameseProjection(BASE).state_dict(), tmp_path / "model.pt")
    report = load_pretrained(target, str(tmp_path / "model.pt"), "auto", tmp_path / "run")
    assert "encoder 56/56" in report.summary()
    assert "decoder 0/48 (skipped" in report.summary()
    assert (tmp_path / "run" / "transfer.json").is_file()


def test_the_target_network_is_handed_over_when_asked_for(tmp_path):
    models = tmp_path / "bundle" / "models"
    models.mkdir(parents=True)
    states = {
        file: move_every_entry(SOURCES["simclr"]()).state_dict()
        for file in ("model.pt", "target.pt")
    }
    for file, state in states.items():
        torch.save(state, models / file)
    with zipfile.ZipFile(tmp_path / "bundle.zip", "w") as archive:
        for file in states:
            archive.write(models / file, f"bundle/models/{file}")
    for source in (tmp_path / "bundle", models, tmp_path / "bundle.zip"):
        for branch, file in (("online", "model.pt"), ("target", "target.pt")):
            network = UNet3D(base_channels=BASE)
            report = load_pretrained(network, str(source), "auto", tmp_path / "run", branch)
            assert len(report.loaded) == 56
            assert ("target.pt" in report.summary()) == (branch == "target")
            ours = network.state_dict()
            assert all(ours[name].equal(value) for name, value in states[file].items())


def test_no_target_network_is_told_in_one_line(tmp_path):
    network = UNet3D(base_channels=BASE)
    torch.save(SOURCES["simclr"]().state_dict(), tmp_path / "model.pt")
    for source, branch, message in (
        (tmp_path, "target", r"no models/target\.pt in it.*few methods"),
        (
            tmp_path / "model.pt",
            "target",
            r"model\.pt: transfer_from 'target' takes a bundle",
        ),
        (tmp_path, "both", r"^transfer_from: expected one of \['online', 'target'\]"),
    ):
        with pytest.raises(UserError, match=message) as caught:
            transfer(source, network, "auto", branch)
        assert "\n" not in str(caught.value)
