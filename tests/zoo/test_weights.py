"""The weight files of a release, and the record of where they come from."""

import io
import json
import zipfile

import pytest
import torch
from torch import nn

from medssl.errors import UserError
from medssl.files import sha256_of
from medssl.zoo.weights import inference_network, write_scripted, write_weights

SCAN = {"id": "a", "patient": "a", "scan_sha256": "1"}


def network(scale=1.0):
    layer = nn.Linear(3, 2)
    nn.init.constant_(layer.weight, scale)
    nn.init.zeros_(layer.bias)
    return layer.eval()


@pytest.fixture
def models(tmp_path):
    """A run's weights with its record, of which one entry is of another file."""
    folder = tmp_path / "models"
    folder.mkdir()
    torch.save(network(5.0).state_dict(), folder / "model.pt")
    record = {
        "sha256": {"model.pt": sha256_of(folder / "model.pt")},
        "run": {"seed": 3, "data": {"training": [SCAN]}},
        "derived": {"other.pt": "2"},
        "derived_data": {"other.pt": {"statistics": []}},
    }
    (folder / "provenance.json").write_text(json.dumps(record))
    return folder


def record_of(folder):
    return json.loads((folder / "provenance.json").read_text(encoding="utf-8"))


def test_trained_weights_are_copied_exported_and_recorded_by_their_sums(models, tmp_path):
    given = network()
    write_weights(models, tmp_path / "out", given, allow_untrained=False, licence="X")
    assert (given.weight == 5).all()
    assert (tmp_path / "out" / "model.pt").read_bytes() == (models / "model.pt").read_bytes()
    scripted = torch.jit.load(tmp_path / "out" / "model.ts")
    assert scripted(torch.ones(1, 3)).tolist() == [[15.0, 15.0]]
    files = ("model.pt", "model.ts")
    assert record_of(tmp_path / "out") == {
        "trained": True,
        "licence": "X",
        "run": {"seed": 3, "data": {"training": [SCAN]}},
        "sha256": {name: sha256_of(tmp_path / "out" / name) for name in files},
    }


def test_damaged_weights_are_refused(models, tmp_path):
    torch.save(network(6.0).state_dict(), models / "model.pt")
    with pytest.raises(UserError, match=r"model\.pt: not the weights that"):
        write_weights(models, tmp_path / "out", network(), allow_untrained=True, licence="X")


def test_an_average_of_another_run_is_refused_and_its_own_travels_along(models, tmp_path):
    torch.save(network(4.0).state_dict(), models / "target.pt")
    with pytest.raises(UserError, match=r"target\.pt: .*describes other weights"):
        write_weights(models, tmp_path / "1", network(), allow_untrained=False, licence="X")
    record = record_of(models)
    record["sha256"]["target.pt"] = sha256_of(models / "target.pt")
    (models / "provenance.json").write_text(json.dumps(record))
    write_weights(models, tmp_path / "2", network(), allow_untrained=False, licence="X")
    assert record_of(tmp_path / "2")["sha256"]["target.pt"] == sha256_of(models / "target.pt")
    (models / "target.pt").write_bytes(b"garbage")
    with pytest.raises(UserError, match=r"target\.pt: "):
        write_weights(models, tmp_path / "3", network(), allow_untrained=False, licence="X")


def test_untrained_weights_are_those_of_the_network_and_are_said_to_be(tmp_path):
    with pytest.raises(UserError, match=r"none: no model\.pt in it.*--allow-untrained"):
        write_weights(tmp_path / "none", tmp_path / "1", network(), False, "X")
    write_weights(tmp_path / "none", tmp_path / "2", network(7.0), True, "X")
    assert (torch.load(tmp_path / "2" / "model.pt")["weight"] == 7).all()
    assert {**record_of(tmp_path / "2"), "sha256": None} == {
        "trained": False,
        "seed": 0,
        "licence": "X",
        "sha256": None,
    }


def test_an_exported_network_holds_no_record_of_its_source_files(tmp_path):
    plain = tmp_path / "plain.ts"
    torch.jit.save(torch.jit.script(network()), plain)
    write_scripted(network(), tmp_path / "model.ts")
    names = [zipfile.ZipFile(path).namelist() for path in (plain, tmp_path / "model.ts")]
    assert any(name.endswith(".debug_pkl") for name in names[0])
    assert not any(name.endswith(".debug_pkl") for name in names[1])
    assert torch.jit.load(tmp_path / "model.ts")(torch.ones(1, 3)).tolist() == [[3.0, 3.0]]


def test_the_order_of_constants_which_is_any_does_not_count(tmp_path, monkeypatch):
    written = []
    save = torch.jit.save

    def save_as_another_process(scripted, stream):
        """The same with its constants the other way round, and another number."""
        plain = io.BytesIO()
        save(scripted, plain)
        with zipfile.ZipFile(plain) as source, zipfile.ZipFile(stream, "w") as target:
            for name in source.namelist():
                lines = source.read(name).splitlines(keepends=True)
                places = [n for n, line in enumerate(lines) if b" : Final[" in line]
                if name.endswith(".py"):
                    swapped = [lines[n] for n in reversed(places)]
                    for place, line in zip(places, swapped, strict=True):
                        lines[place] = line
                    written.append(len(places))
                target.writestr(name, b"7" if name.endswith("_id") else b"".join(lines))

    convolution = nn.Conv3d(1, 2, 3).eval()
    write_scripted(convolution, tmp_path / "1.ts")
    monkeypatch.setattr(torch.jit, "save", save_as_another_process)
    write_scripted(convolution, tmp_path / "2.ts")
    assert max(written) > 1
    contents = []
    for name in ("1.ts", "2.ts"):
        with zipfile.ZipFile(tmp_path / name) as archive:
            contents.append({each: archive.read(each) for each in archive.namelist()})
    assert contents[0] == contents[1]
    image = torch.rand(1, 1, 5, 5, 5)
    assert torch.equal(torch.jit.load(tmp_path / "2.ts")(image), convolution(image))


def test_a_network_without_weights_is_the_same_each_time_and_told_of_once(tmp_path, capsys):
    config = tmp_path / "inference.json"
    target = {"_target_": "torch.nn.Linear", "in_features": "@width", "out_features": 2}
    config.write_text(json.dumps({"width": 3, "network_def": target}))
    torch.rand(7)
    first, second = (inference_network(config, {"width": 4}) for _ in range(2))
    assert capsys.readouterr().err == f"running the code of the configs in {tmp_path}\n"
    assert first.weight.shape == (2, 4)
    assert torch.equal(first.weight, second.weight)
    assert not first.training
