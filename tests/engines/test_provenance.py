"""``provenance.json`` belongs to the files that it lists, wherever they are named by."""

import json
import shutil
import zipfile

import pytest
import safetensors.torch
import torch

from medssl.engines import LoadModel, Trained
from medssl.engines.provenance import check_sha256, read_provenance
from medssl.errors import UserError
from medssl.files import sha256_of
from medssl.networks import UNet3D
from medssl.store.contract import ScanContract
from medssl.transfer import load_pretrained
from medssl.weights import save_torch

SCAN = ScanContract((4.0, 4.0, 4.0)).as_dict()


@pytest.fixture
def models(tmp_path):
    """``bundle/models`` with weights of width 2 and what is known of them."""
    folder = tmp_path / "bundle" / "models"
    folder.mkdir(parents=True)
    save_torch(folder / "model.pt", UNet3D(base_channels=2).state_dict())
    record = {"scan": SCAN, "sha256": {"model.pt": sha256_of(folder / "model.pt")}}
    (folder / "provenance.json").write_text(json.dumps(record))
    return folder


def zipped(models):
    path = models.parents[1] / "bundle.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("model.pt", "provenance.json"):
            archive.write(models / name, f"bundle/models/{name}")
    return path


def test_bundle_run_folder_file_copy_and_zip_bring_the_same(models):
    shutil.copy(models / "model.pt", models / "copy.pt")
    sources = (models.parent, models, models / "model.pt", models / "copy.pt", zipped(models))
    for source in sources:
        assert Trained(source)["spacing"] == [4.0] * 3
        LoadModel(source, UNet3D(base_channels=2))()


@pytest.mark.parametrize("listed", [{}, None])
def test_a_provenance_that_lists_no_weights_vouches_for_none(models, tmp_path, listed):
    """Else whoever empties it could put other weights beside it."""
    record = {"scan": SCAN} if listed is None else {"scan": SCAN, "sha256": listed}
    (models / "provenance.json").write_text(json.dumps(record))
    for call in (
        lambda: LoadModel(models / "model.pt", UNet3D(base_channels=2))(),
        lambda: load_pretrained(UNet3D(base_channels=2), str(zipped(models)), "auto", tmp_path),
    ):
        with pytest.raises(UserError, match=r"damaged \(sha256 names no weights\); train again"):
            call()


@pytest.mark.parametrize(
    ("table", "value"),
    [
        ("network", {"base_channels": "$print('run')"}),
        ("network", {"base_channels": {"_target_": "builtins.print"}}),
        ("scan", {**SCAN, "window": ["$print('run')", 1]}),
        ("crops", {"crop_rule": "$print('run')"}),
    ],
)
def test_code_in_what_configs_take_over_is_refused(models, table, value):
    record = json.loads((models / "provenance.json").read_text())
    (models / "provenance.json").write_text(json.dumps({**record, table: value}))
    for source in (models, zipped(models)):
        with pytest.raises(UserError, match=rf"damaged \({table}\..* is code, expected a value"):
            Trained(source).get("base_channels")


@pytest.mark.parametrize(
    ("key", "value"),
    [("window", [500, 0]), ("window", [5, "x"]), ("window_size", [8, 8]), ("overlap", 1)],
)
def test_values_that_no_command_line_may_give_are_damage(models, key, value):
    record = {"scan": {**SCAN, key: value}, "sha256": {"model.pt": ""}}
    (models / "provenance.json").write_text(json.dumps(record))
    with pytest.raises(UserError, match=rf"damaged \({key}: .*, expected .*train again"):
        read_provenance(models)


def test_other_weights_in_the_folder_take_nothing_over_and_are_not_loaded(models, tmp_path):
    save_torch(models / "other.pt", UNet3D(base_channels=2).state_dict())
    assert Trained(models / "other.pt", {"spacing": [1.0] * 3})["spacing"] == [1.0] * 3
    assert read_provenance(models / "other.pt") is None
    with pytest.raises(UserError, match=r"provenance\.json beside it describes other weights"):
        LoadModel(models / "other.pt", UNet3D(base_channels=2))()
    with pytest.raises(UserError, match=r"provenance\.json beside it describes other weights"):
        load_pretrained(UNet3D(base_channels=2), str(models / "other.pt"), "auto", tmp_path)


@pytest.mark.parametrize("kind", ["bundle", "run", "file", "zip"])
def test_changed_weights_are_refused_wherever_they_are_loaded(kind, models, tmp_path):
    state = torch.load(models / "model.pt")
    save_torch(models / "model.pt", {name: value + 1 for name, value in state.items()})
    places = {"bundle": models.parent, "run": models, "file": models / "model.pt"}
    source = zipped(models) if kind == "zip" else places[kind]
    message = r"not the weights that provenance\.json"
    with pytest.raises(UserError, match=message):
        LoadModel(source, UNet3D(base_channels=2))()
    with pytest.raises(UserError, match=message):
        load_pretrained(UNet3D(base_channels=2), str(source), "auto", tmp_path)


@pytest.mark.parametrize("content", ["", "{", "[]", "\udcff", '"text"', "null", '{"sha256": []}'])
def test_damage_is_one_line(content, models):
    (models / "provenance.json").write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(UserError, match=r"provenance\.json: damaged .*; train again") as caught:
        check_sha256(models)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("known_by", ["provenance.json", "sha256sum"])
def test_one_flipped_bit_of_safetensors_is_noticed(known_by, models, tmp_path):
    """The format has no checksum; a bit of a weight reads as another weight."""
    path = models / "model.safetensors"
    safetensors.torch.save_file(UNet3D(base_channels=2).state_dict(), path)
    if known_by == "sha256sum":
        (models / "provenance.json").unlink()
        (models / "model.safetensors.sha256").write_text(f"{sha256_of(path)}  model.safetensors\n")
    else:
        record = {"sha256": {path.name: sha256_of(path)}}
        (models / "provenance.json").write_text(json.dumps(record))
    load_pretrained(UNet3D(base_channels=2), str(path), "auto", tmp_path)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    message = "not the weights that|its SHA-256 is not the one in"
    with pytest.raises(UserError, match=message):
        load_pretrained(UNet3D(base_channels=2), str(path), "auto", tmp_path)
    with pytest.raises(UserError, match=message):
        LoadModel(path, UNet3D(base_channels=2))()


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"metrics": {"1": 3}}, "metrics.1"),
        ({"metrics": {"1": {"dice": "0.5"}}}, "metrics.1.dice"),
        ({"metrics": {"last": {"dice": 0.5}}}, "metrics of epoch 'last'"),
        ({"run": {"data": {"training": [3]}}}, r"run.data.training\[0\]"),
        ({"run": {"data": {"test": [{"id": None}]}}}, r"run.data.test\[0\].id"),
        ({"run": {"data": {"test": [{"scan_sha256": [[]]}]}}}, r"run.data.test\[0\].scan_sha256"),
        ({"run": {"licence": "CC0"}}, "run.licence"),
        ({"ancestors": [{"name": 3}]}, r"ancestors\[0\].name"),
        ({"ancestors": [{"data": {"test": [{"published": 1}]}}]}, r"ancestors.data.test\[0\].publ"),
        ({"scan": []}, "scan"),
        ({"epoch": "3"}, "epoch"),
        ({"sha256": {"model.pt": None}}, "sha256.model.pt"),
    ],
)
def test_a_table_that_is_none_is_named(models, change, place):
    record = json.loads((models / "provenance.json").read_text())
    (models / "provenance.json").write_text(json.dumps({**record, **change}))
    with pytest.raises(UserError, match=f"provenance.json: damaged .*{place}"):
        read_provenance(models)
