"""``medssl verify``: a good bundle passes, and each fault is found by its own check."""

import json
import pickle
import re
import shutil
import zipfile

import pytest
import torch
from monai.bundle import ConfigParser

from medssl.cli import Commands
from medssl.errors import UserError
from medssl.weights import load_torch
from medssl.zoo.verify import CHECKS, QUICK, Subject, run_checks, table

from ..bundles.conftest import BUNDLES

NAME = "pretrain_simclr"


def archive_of(folder, name=NAME):
    return folder / f"{name}_v0.1.0.zip"


@pytest.fixture(scope="module")
def phantoms(tmp_path_factory):
    return tmp_path_factory.mktemp("phantoms")


@pytest.fixture
def subject(tmp_path):
    """A copy of a bundle's folder to damage."""
    folder = tmp_path / NAME
    shutil.copytree(BUNDLES / NAME, folder, ignore=shutil.ignore_patterns("models", "eval"))
    return Subject(folder, tmp_path / "scratch", tmp_path / "phantoms")


def edit(path, change):
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")


@pytest.mark.parametrize("name", [NAME, "lung_nodule_ct_segmentation"])
def test_a_release_passes_the_quick_checks(name, releases, phantoms):
    results = run_checks(archive_of(releases, name), phantoms, QUICK)
    assert [result.check for result in results] == list(QUICK)
    assert all(result.passed for result in results), table(results)
    assert {result.check: result.note for result in results}["release"] == "trained"


@pytest.mark.slow
@pytest.mark.parametrize("packed", [True, False])
def test_the_commands_of_the_readme_run(packed, releases, phantoms):
    source = archive_of(releases) if packed else BUNDLES / NAME
    (result,) = run_checks(source, phantoms, ["commands"])
    assert result.passed, result.note
    assert result.note == "5 commands"


def test_the_commands_do_not_see_the_library_beside_a_release(releases, phantoms, tmp_path):
    """A release whose config still refers to the repository's library must fail."""
    damaged = tmp_path / archive_of(releases).name
    with zipfile.ZipFile(archive_of(releases)) as old, zipfile.ZipFile(damaged, "w") as new:
        for entry in old.infolist():
            content = old.read(entry)
            if entry.filename.endswith("configs/train.json"):
                content = re.sub(rb"medssl_\w+?_0_1_0\.", b"medssl.", content)
            new.writestr(entry, content)
    paths, commands = run_checks(damaged, phantoms, ["paths", "commands"])
    assert not paths.passed
    assert "configs/train.json: refers to medssl" in paths.note
    assert not commands.passed
    assert "medssl" in commands.note


def metadata(change):
    return lambda folder: edit(folder / "configs" / "metadata.json", change)


def train(change):
    return lambda folder: edit(folder / "configs" / "train.json", change)


FAULTS = {
    "licence": ("files", "missing: LICENSE", lambda folder: (folder / "LICENSE").unlink()),
    "no changelog entry": (
        "version",
        "no entry for 0.1.0",
        metadata(lambda m: m["changelog"].clear()),
    ),
    "two digits": ("version", "single digits", metadata(lambda m: m.update(version="0.10.0"))),
    "newer changelog": (
        "version",
        "goes up to 0.2.0",
        metadata(lambda m: m["changelog"].update({"0.2.0": ""})),
    ),
    "no authors": (
        "metadata",
        "'authors' is a required property",
        metadata(lambda m: m.pop("authors")),
    ),
    "channels": (
        "metadata",
        "network_data_format.inputs.image",
        metadata(lambda m: m["network_data_format"]["inputs"]["image"].update(num_channels="1")),
    ),
    "no pred": (
        "metadata",
        "expects 'pred'",
        metadata(lambda m: m["network_data_format"].update(outputs={"logits": 1})),
    ),
    "wrong shape": (
        "shapes",
        "channel",
        metadata(lambda m: m["network_data_format"]["outputs"]["pred"].update(num_channels=3)),
    ),
    "no seed": ("keys", "train.json seed", train(lambda c: c.pop("seed"))),
    "handlers by name": (
        "keys",
        "literal list",
        train(lambda c: c["train"].update(handlers="@other")),
    ),
    "home": (
        "paths",
        r"train.json, line \d+: a path of one machine",
        train(lambda c: c.update(dataset_dir="/home/me")),
    ),
    "a drive": ("paths", "one machine", train(lambda c: c.update(dataset_dir="C:\\data"))),
    "no JSON": (
        "keys",
        "configs/train.json: cannot be read",
        lambda folder: (folder / "configs" / "train.json").write_text("{"),
    ),
    "no commands": (
        "commands",
        "no command that runs",
        lambda folder: (folder / "docs" / "README.md").write_text("# Model\n"),
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_named_in_one_line(fault, subject):
    check, message, damage = FAULTS[fault]
    damage(subject.folder)
    (result,) = run_checks(subject.folder, subject.phantoms, [check])
    assert not result.passed
    assert re.search(message, result.note)
    assert "\n" not in result.note


def test_a_large_file_is_refused(subject):
    with (subject.folder / "docs" / "scan.nii").open("wb") as stream:
        stream.truncate(26 << 20)
    with pytest.raises(UserError, match=r"docs/scan.nii \(26 MiB\)"):
        CHECKS["sizes"](subject)


@pytest.mark.parametrize("name", ["pretrain_vicreg_x", "Pretrain", "pretrain"])
def test_names_that_confuse_downloads_are_refused(name, tmp_path):
    with pytest.raises(UserError, match=r"_v|lower-case"):
        CHECKS["name"](Subject(tmp_path / name, tmp_path, tmp_path))


def test_a_released_version_is_not_released_again(subject):
    (result,) = run_checks(
        subject.folder, subject.phantoms, ["version"], frozenset({f"{NAME}_v0.1.0"})
    )
    assert "released already" in result.note


def weights_of(subject):
    """Seeded weights of the bundle's inference network, where models/model.pt belongs."""
    parser = ConfigParser()
    parser.read_config(str(subject.folder / "configs" / "inference.json"))
    state = parser.get_parsed_content("network_def").state_dict()
    (subject.folder / "models").mkdir()
    return state, subject.folder / "models" / "model.pt"


def test_weights_must_fit_and_be_finite(subject):
    state, path = weights_of(subject)
    torch.save(state, path)
    assert "7,027,776" in CHECKS["weights"](subject)
    name = next(iter(state))
    torch.save({**state, name: state[name] / 0}, path)
    with pytest.raises(UserError, match="not finite"):
        CHECKS["weights"](subject)
    torch.save({key: value for key, value in state.items() if key != name}, path)
    with pytest.raises(UserError, match=re.escape(name)):
        CHECKS["weights"](subject)


class Code:
    def __reduce__(self):
        return print, ("executed",)


def test_a_pickle_with_code_is_one_line_and_not_executed(subject, capsys):
    _, path = weights_of(subject)
    path.write_bytes(pickle.dumps(Code()))
    (result,) = run_checks(subject.folder, subject.phantoms, ["weights"])
    assert not result.passed
    assert "\n" not in result.note
    assert "executed" not in capsys.readouterr().out


def test_a_module_of_other_weights_is_found(releases, tmp_path):
    with zipfile.ZipFile(archive_of(releases)) as archive:
        archive.extractall(tmp_path)
    subject = Subject(tmp_path / NAME, tmp_path, tmp_path)
    path = subject.folder / "models" / "model.pt"
    torch.save({key: value * 2 for key, value in load_torch(path).items()}, path)
    results = run_checks(subject.folder, tmp_path, ["torchscript"])
    assert "No module named 'medssl_" not in results[0].note
    assert "another output" in results[0].note


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda content: content[:400] + bytes([content[400] ^ 1]) + content[401:], "damaged|zip"),
        (lambda content: content[:1000], "zip"),
    ],
)
def test_a_damaged_archive_is_one_line(change, message, releases, phantoms, tmp_path):
    path = tmp_path / archive_of(releases).name
    path.write_bytes(change(archive_of(releases).read_bytes()))
    (result,) = run_checks(path, phantoms)
    assert (result.check, result.passed) == ("archive", False)
    assert re.search(message, result.note)
    assert "\n" not in result.note


def test_the_command_prints_one_table_and_fails_on_a_fault(subject, capsys):
    (subject.folder / "LICENSE").unlink()
    with pytest.raises(SystemExit) as exit_:
        Commands().verify(str(subject.folder), quick=True)
    assert exit_.value.code == 1
    out = capsys.readouterr().out
    assert "missing: LICENSE" in out
    assert out.splitlines()[-1] == "0 passed, 1 failed"
    with pytest.raises(UserError, match="--all"):
        Commands().verify()


def test_several_bundles_share_one_table(subject, tmp_path, phantoms):
    other = tmp_path / "other" / "pretrain_byol"
    shutil.copytree(BUNDLES / "pretrain_byol", other)
    (other / "LICENSE").unlink()
    results = [
        *run_checks(subject.folder, phantoms, ["files", "name"]),
        *run_checks(other, phantoms, ["files", "name"]),
    ]
    lines = table(results).splitlines()
    assert lines[0].split() == ["bundle", "files", "name"]
    assert [line.split() for line in lines[1:3]] == [
        [NAME, "ok", "ok"],
        ["pretrain_byol", "FAIL", "-"],
    ]
    assert lines[3] == "FAIL  pretrain_byol, files: missing: LICENSE"
