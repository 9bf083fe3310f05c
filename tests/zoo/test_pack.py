"""A released bundle: what is in it, and that it runs where the library is not."""

import json
import re
import shutil
import sys
import zipfile
from pathlib import Path

import pytest
import torch

from medssl import __version__
from medssl.errors import UserError
from medssl.files import sha256_of
from medssl.networks import UNet3D
from medssl.transfer import ancestry, audit, transfer
from medssl.zoo import pack, unpack
from medssl.zoo.library import LIBRARY, package_name
from medssl.zoo.pack import read_metadata

from ..bundles.conftest import BUNDLES, SPACING
from ..warm import Bare, run_warm

NAMES = ("pretrain_simclr", "lung_nodule_ct_segmentation")
# Keeps this repository out, though the environment has it installed for editing.
ISOLATED = """
import sys
from importlib.machinery import PathFinder

assert not [name for name in sys.modules if name.split(".")[0] == "medssl"]

class Absent(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name.split(".")[0] == "medssl":
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Absent)
"""


def archive_of(folder, name):
    return folder / f"{name}_v0.1.0.zip"


@pytest.fixture(scope="module", params=NAMES)
def unpacked(request, releases, tmp_path_factory):
    return unpack(archive_of(releases, request.param), tmp_path_factory.mktemp("empty"))


def run_isolated(code, cwd):
    (cwd / "isolated.py").write_text(ISOLATED + code)
    words = [sys.executable, "-W", "ignore", "-m", "isolated"]
    done = run_warm(words, cwd, Bare)
    (cwd / "isolated.py").unlink()
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_what_is_in_it(unpacked):
    package = package_name(unpacked.name, __version__)
    for name in (
        "LICENSE",
        "requirements.txt",
        "configs/metadata.json",
        "configs/logging.conf",
        "docs/README.md",
        "docs/data_license.txt",
        "models/model.pt",
        "models/model.ts",
        "models/provenance.json",
        f"{package}/networks/unet.py",
    ):
        assert (unpacked / name).is_file(), name
    assert not list(unpacked.rglob("__pycache__"))
    assert not (unpacked / package / "cli.py").exists()
    for config in (unpacked / "configs").glob("*.json"):
        assert '"medssl.' not in config.read_text(encoding="utf-8"), config.name
    lines = (unpacked / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert all(re.fullmatch(r"[\w-]+==[\w.]+", line) for line in lines)
    assert {"torch", "monai", "numpy", "numba"} <= {line.split("==")[0] for line in lines}


def test_no_path_of_this_machine_is_in_it(unpacked):
    places = [str(Path.home()), str(LIBRARY.parents[1]), str(Path(sys.prefix))]
    for file in unpacked.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            if zipfile.is_zipfile(file):
                with zipfile.ZipFile(file) as inner:
                    content = b"".join(inner.read(name) for name in inner.namelist())
            for place in places:
                if len(place) > 1:
                    assert place.encode() not in content, (file.name, place)


def test_weights_and_provenance_agree(unpacked):
    models = unpacked / "models"
    provenance = json.loads((models / "provenance.json").read_text(encoding="utf-8"))
    assert provenance["trained"]
    assert provenance["sha256"]["model.pt"] == sha256_of(models / "model.pt")
    assert provenance["sha256"]["model.ts"] == sha256_of(models / "model.ts")
    assert provenance["run"]["data"]["training"][0]["patient"]
    readme = (unpacked / "docs" / "README.md").read_text(encoding="utf-8")
    assert provenance["sha256"]["model.pt"] in readme
    assert readme.index("## Provenance") < readme.index("## Commands")


def test_the_keys_of_the_run_are_in_the_configs(unpacked):
    configs = [
        json.loads((unpacked / "configs" / f"{name}.json").read_text(encoding="utf-8"))
        for name in ("inference", "train")
    ]
    tables = configs[0]["trained"], configs[1]["source"]
    assert [table["default"]["base_channels"] for table in tables] == [2, 2]
    assert configs[0]["trained"]["default"]["spacing"] == [SPACING] * 3
    if "raw_spacing" in configs[1]:  # of what MONAI Label trains on
        assert configs[1]["raw_spacing"] == [SPACING] * 3
        assert configs[1]["raw_channels"] == ["CT"]
    metadata = json.loads((unpacked / "configs" / "metadata.json").read_text(encoding="utf-8"))
    assert metadata["scan"]["spacing"] == [SPACING] * 3


def test_the_scripted_network_gives_what_the_weights_give(unpacked):
    code = f"""
import torch
from monai.bundle import ConfigParser
sys.path.insert(1, {str(unpacked)!r})
parser = ConfigParser()
parser.read_config("{unpacked}/configs/inference.json")
network = parser.get_parsed_content("network_def").eval()
network.load_state_dict(torch.load("{unpacked}/models/model.pt", weights_only=True))
image = torch.rand(1, 2 if "simclr" in "{unpacked.name}" else 1, 16, 16, 16)
scripted = torch.jit.load("{unpacked}/models/model.ts").eval()
print(torch.equal(network(image), scripted(image)))
"""
    assert run_isolated(code, unpacked.parent).split()[-1] == "True"


def test_it_trains_and_infers_from_an_empty_directory_without_the_repository(
    unpacked, data, scans, tmp_path
):
    crop = {"crop_size": [16, 16, 16], "num_workers": 0, "logging_file": False}
    train = {"dataset_dir": str(data), "max_epochs": 1, "batch_size": 2, "val_interval": 1}
    infer = {"dataset_dir": str(scans / "subset0"), "output_dir": "out"}
    code = f"""
from monai.bundle import run
root = {str(unpacked)!r}
common = dict(bundle_root=root, **{crop!r})
run(config_file=root + "/configs/train.json", output_dir="run", **common, **{train!r})
run(config_file=root + "/configs/inference.json", **common, **{infer!r})
print("medssl" in sys.modules)
"""
    assert run_isolated(code, tmp_path).split()[-1] == "False"
    assert (tmp_path / "run" / "model.pt").is_file()
    assert any((tmp_path / "out").iterdir())


def test_it_prepares_data_without_the_repository(unpacked, tmp_path):
    """As its README says, in the bundle's folder, which is then first on the path."""
    package = next(path for path in unpacked.glob("medssl_*") if path.is_dir()).name
    readme = (unpacked / "docs" / "README.md").read_text(encoding="utf-8")
    assert f"python -m {package}.prepare phantom" in readme
    raw, output = str(tmp_path / "raw"), str(tmp_path / "data")
    coarse = ["--spacing", "6", "--workers", "1"]
    phantom = ["phantom", "--output", raw, "--scans", "1", *coarse]
    images = ["images", "--source", raw, "--output", output, "--images", "subset*/*.mhd", *coarse]
    for words in (phantom, images):
        code = f"""
import runpy
sys.path.insert(0, {str(unpacked)!r})
sys.argv = ["prepare", *{words!r}]
runpy.run_module("{package}.prepare", run_name="__main__", alter_sys=True)
print("medssl" in sys.modules)
"""
        assert run_isolated(code, tmp_path).split()[-1] == "False"
    assert (tmp_path / "data" / "manifest.json").is_file()


def test_a_zip_is_a_source_of_the_hand_over_and_of_the_audit(releases, data):
    report = transfer(archive_of(releases, "pretrain_simclr"), UNet3D(base_channels=2), "encoder")
    assert len(report.loaded) == 56
    assert audit(archive_of(releases, "pretrain_simclr"), data, "training").overlaps


def test_packing_again_gives_the_same_bytes_or_says_so(releases, tmp_path, capsys):
    name = "pretrain_simclr"
    models = unpack(archive_of(releases, name), tmp_path) / "models"
    first = pack(BUNDLES / name, tmp_path / "1", models)
    (tmp_path / "2").mkdir()
    shutil.copyfile(first, tmp_path / "2" / first.name)
    second = pack(BUNDLES / name, tmp_path / "2", models)
    assert first.name == second.name == f"{name}_v0.1.0.zip"
    assert sha256_of(first) == sha256_of(second)
    assert capsys.readouterr().err == ""
    second.write_bytes(b"another")
    pack(BUNDLES / name, tmp_path / "2", models)
    assert f"{second}: replaced another release of this version" in capsys.readouterr().err


def test_without_weights_it_is_refused_unless_asked_for(tmp_path):
    with pytest.raises(UserError, match="--allow-untrained") as error:
        pack(BUNDLES / "pretrain_rotation", tmp_path, tmp_path / "none")
    assert "\n" not in str(error.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_untrained_weights_are_said_to_be_such(tmp_path):
    path = pack(BUNDLES / "pretrain_rotation", tmp_path, tmp_path / "none", allow_untrained=True)
    with zipfile.ZipFile(path) as archive:
        readme = archive.read("pretrain_rotation/docs/README.md").decode()
    assert "untrained" in readme


def test_weights_of_another_network_are_refused(tmp_path):
    (tmp_path / "models").mkdir()
    torch.save({"encoder.x": torch.zeros(2)}, tmp_path / "models" / "model.pt")
    with pytest.raises(UserError, match="weights of another network"):
        pack(BUNDLES / "pretrain_rotation", tmp_path / "out", tmp_path / "models")
    with pytest.raises(UserError, match="no bundle"):
        pack(tmp_path, tmp_path / "out")


def test_the_licences_of_data_and_weights_travel_along(releases, tmp_path):
    with zipfile.ZipFile(archive_of(releases, NAMES[0])) as archive:
        provenance = json.loads(archive.read(f"{NAMES[0]}/models/provenance.json"))
        readme = archive.read(f"{NAMES[0]}/docs/README.md").decode()
    assert provenance["run"]["licence"] == ["none, synthetic"]
    assert "| licence of the data | none, synthetic |" in readme
    assert "| licence of the weights | Apache-2.0 |" in readme
    models = unpack(archive_of(releases, NAMES[0]), tmp_path) / "models"
    path = pack(BUNDLES / NAMES[0], tmp_path / "other", models, licence="CC BY-NC 4.0")
    with zipfile.ZipFile(path) as archive:
        readme = archive.read(f"{NAMES[0]}/docs/README.md").decode()
    assert "| licence of the weights | CC BY-NC 4.0 |" in readme


def test_a_release_keeps_the_ancestors_of_its_weights(releases, tmp_path):
    models = unpack(archive_of(releases, NAMES[0]), tmp_path) / "models"
    record = json.loads((models / "provenance.json").read_text(encoding="utf-8"))
    scan = {"id": "a", "patient": "a", "scan_sha256": "1"}
    older = {"name": "older", "sha256": "2", "data": {"training": [scan]}, "licence": ["CC0"]}
    (models / "provenance.json").write_text(json.dumps({**record, "ancestors": [older]}))
    generations = ancestry(pack(BUNDLES / NAMES[0], tmp_path / "other", models))
    assert [one.name for one in generations] == [NAMES[0], "older"]
    assert [one.as_dict() for one in generations[1:]] == [older]
    assert generations[0].sha256 == sha256_of(models / "model.pt")


def test_a_release_of_recollected_weights_names_the_scans_of_their_statistics(releases, tmp_path):
    models = unpack(archive_of(releases, NAMES[0]), tmp_path) / "models"
    record = json.loads((models / "provenance.json").read_text(encoding="utf-8"))
    sha256 = record.pop("sha256")["model.pt"]
    scans = [{"id": "further", "patient": "further", "scan_sha256": "1"}]
    derived = {"derived": {"model.pt": sha256, "other.pt": "2"}}
    data = {"model.pt": {"statistics": scans}, "other.pt": {"statistics": []}}
    (models / "provenance.json").write_text(json.dumps({**record, **derived, "derived_data": data}))
    path = pack(BUNDLES / NAMES[0], tmp_path / "other", models)
    assert ancestry(path)[0].data == {**record["run"]["data"], "statistics": scans}


@pytest.mark.parametrize("clip", [None, [-100.0, 200.0]])
def test_raw_pairs_of_a_release_are_clipped_as_its_scans_were(clip, releases, tmp_path):
    models = unpack(archive_of(releases, NAMES[1]), tmp_path) / "models"
    record = json.loads((models / "provenance.json").read_text(encoding="utf-8"))
    record["scan"]["clip"] = clip
    (models / "provenance.json").write_text(json.dumps(record))
    released = unpack(pack(BUNDLES / NAMES[1], tmp_path / "new", models), tmp_path / "unpacked")
    assert json.loads((released / "configs" / "train.json").read_text())["raw_clip"] == clip


def test_weights_of_another_task_are_not_packed(tmp_path):
    """A U-Net that marks nodules fits the liver's bundle tensor by tensor."""
    record = {"bundle": "x", "task": "marking", "scan": {"window": [0, 1]}}
    (tmp_path / "provenance.json").write_text(json.dumps(record))
    with pytest.raises(UserError, match=r"weights of x \(marking\), this bundle is for another"):
        pack(BUNDLES / "liver_ct_segmentation", tmp_path / "dist", models=tmp_path)
    assert not (tmp_path / "dist").exists()


@pytest.mark.parametrize(("record", "name"), [({"bundle": "one"}, "one"), (None, "BUNDLE")])
def test_the_folder_of_a_run_is_no_bundle_but_can_be_packed(record, name, tmp_path):
    run = tmp_path / "a run"
    run.mkdir()
    with pytest.raises(UserError, match=r"no bundle \(no configs/metadata\.json\)$"):
        read_metadata(run)
    (run / "model.pt").touch()
    if record is not None:
        (run / "provenance.json").write_text(json.dumps(record))
    expected = f"but a run; `medssl pack bundles/{name} --models '{run}'` makes a release of it"
    with pytest.raises(UserError) as told:
        read_metadata(run)
    assert str(told.value).endswith(expected)
