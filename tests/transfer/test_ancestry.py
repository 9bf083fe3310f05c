"""The record of what weights started from survives every hand-over and every kind of file."""

import json
import zipfile

import pytest
import torch
from ignite.engine import Engine

from medssl.engines import SaveModel
from medssl.errors import UserError
from medssl.networks import UNet3D
from medssl.transfer import ancestry, load_pretrained


def scan(name):
    return {"id": name, "patient": name, "split": "training", "scan_sha256": f"sha of {name}"}


def train(folder, pretrained, *names):
    """What a run leaves behind: the hand-over, then model.pt and where it came from."""
    folder.mkdir()
    network = UNet3D(base_channels=1)
    torch.nn.init.normal_(network.head.weight)  # the weights of each run differ
    data = {"training": [scan(name) for name in names], "validation": []}
    run = {"data": data, "licence": [f"licence of {folder.name}"], "hash": "1"}
    (folder / "run.json").write_text(json.dumps(run))
    load_pretrained(network, pretrained and str(pretrained), "auto", folder)
    SaveModel(folder, network).save(Engine(lambda engine, batch: None))
    return folder


@pytest.fixture(scope="module")
def generations(tmp_path_factory):
    """Pretraining, warm start, fine-tuning and fine-tuning again."""
    folder = tmp_path_factory.mktemp("runs")
    first = train(folder / "first", None, "a")
    second = train(folder / "second", first / "model.pt", "b")
    with zipfile.ZipFile(folder / "second.zip", "w") as archive:
        for path in second.iterdir():
            archive.write(path, f"second/models/{path.name}")
    third = train(folder / "third", folder / "second.zip", "c")
    return folder, train(folder / "fourth", third, "d")


def names_of(generation):
    return [one["id"] for one in generation.data["training"]]


def test_all_generations_are_kept(generations):
    folder, last = generations
    found = ancestry(last)
    assert [names_of(one) for one in found] == [["d"], ["c"], ["b"], ["a"]]
    assert [one.licence for one in found] == [
        (f"licence of {name}",) for name in ("fourth", "third", "second", "first")
    ]
    assert len({one.sha256 for one in found}) == 4
    assert found[3].sha256 == ancestry(folder / "first" / "model.pt")[0].sha256
    assert [one.name for one in found] == ["fourth", "third", "second.zip", "model.pt"]
    record = (last / "provenance.json").read_text()
    assert str(folder) not in record


def test_weights_of_unknown_origin_stay_unknown(generations, tmp_path, capsys):
    torch.save(UNet3D(base_channels=1).state_dict(), tmp_path / "other.pt")
    first = train(tmp_path / "first", tmp_path / "other.pt", "a")
    assert "other.pt: of unknown origin" in capsys.readouterr().out
    second = train(tmp_path / "second", first, "b")
    assert [one.data and names_of(one) for one in ancestry(second)] == [["b"], ["a"], None]


def test_a_strange_file_beside_a_record_is_not_described_by_it(generations):
    _, last = generations
    strange = last / "downloaded.pt"
    torch.save(UNet3D(base_channels=1).state_dict(), strange)
    assert [one.data for one in ancestry(strange)] == [None]
    assert len(ancestry(last / "model.pt")) == 4


def test_weights_put_in_place_of_the_recorded_ones_are_of_unknown_origin(tmp_path):
    run = train(tmp_path / "run", None, "a")
    torch.save(UNet3D(base_channels=1).state_dict(), run / "model.pt")
    assert [one.data for one in ancestry(run)] == [None]


def test_a_run_from_weights_that_nothing_is_recorded_of(tmp_path):
    record = {"run": {"data": {"training": []}}, "config": {"pretrained": "/some/where/old.pt"}}
    (tmp_path / "provenance.json").write_text(json.dumps(record))
    assert [one.name for one in ancestry(tmp_path)][1:] == ["old.pt"]


def test_untrained_weights_have_seen_nothing(tmp_path):
    (tmp_path / "provenance.json").write_text('{"trained": false, "seed": 0}')
    assert [one.data for one in ancestry(tmp_path)] == [{}]


@pytest.mark.parametrize("ancestors", ["[1]", '[{"name": "a"}]', '"text"'])
def test_a_damaged_record_is_one_line(tmp_path, ancestors):
    (tmp_path / "provenance.json").write_text(f'{{"run": {{}}, "ancestors": {ancestors}}}')
    with pytest.raises(UserError, match=r"provenance\.json(: damaged| is not as medssl)") as error:
        ancestry(tmp_path)
    assert "\n" not in str(error.value)
