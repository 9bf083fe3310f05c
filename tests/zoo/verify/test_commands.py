"""The README's commands, and that a release runs them without the repository."""

import ast
import json
import re
import zipfile

import pytest

from medssl.errors import UserError
from medssl.files import sha256_of
from medssl.store.contract import ScanContract
from medssl.zoo.verify import Subject, commands, run_checks
from medssl.zoo.verify.commands import readme_commands

from ...bundles.conftest import BUNDLES
from ...warm import ROOT
from .conftest import NAME, archive_of, named_in_one_line


def all_bundles():
    return sorted(path.parents[1] for path in BUNDLES.glob("*/configs/train.json"))


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


def test_a_readme_without_commands_is_named_in_one_line(subject):
    def damage(folder):
        (folder / "docs" / "README.md").write_text("# Model\n")

    named_in_one_line(subject, "commands", "no command that runs", damage)


README = """
```bash
python -m monai.bundle run --config_file configs/train.json \\
    --dataset_dir "my scans"
medssl fetch this
torchrun --nproc_per_node=2 -m monai.bundle run --config_file "['a.json','b.json']"
python -m monai.bundle run --config_file "['inference.json','inference_trt.json']"
```
```json
python -m monai.bundle run --config_file never.json
```
"""


@pytest.mark.parametrize("tensorrt", [False, True])
def test_the_commands_are_those_that_run_the_bundle_on_this_machine(
    tmp_path, monkeypatch, tensorrt
):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "README.md").write_text(README)
    monkeypatch.setattr(commands, "has_tensorrt", lambda: tensorrt)
    first, second, *others = readme_commands(Subject(tmp_path, tmp_path, tmp_path))
    assert first[4:] == ["--config_file", "configs/train.json", "--dataset_dir", "my scans"]
    assert second[:2] == ["torchrun", "--nproc_per_node=2"]
    assert second[-1] == "['a.json','b.json']"
    assert len(others) == tensorrt


@pytest.mark.parametrize("folder", all_bundles(), ids=lambda folder: folder.name)
def test_every_config_of_every_readme_is_a_bundles_or_a_users(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(commands, "phantom", lambda subject: (tmp_path, tmp_path / "scans"))
    monkeypatch.setattr(commands, "has_tensorrt", lambda: True)
    subject = Subject(folder, tmp_path, tmp_path)
    for words in readme_commands(subject):
        smaller = commands._smaller(subject, words, tmp_path)
        for path in ast.literal_eval(smaller[smaller.index("--config_file") + 1]):
            assert (ROOT / path).is_file()


def test_a_config_of_the_users_data_is_left_out_of_a_command(subject, tmp_path):
    """A plan lies beside the user's scans: no bundle has it."""
    bundle = f"bundles/{subject.name}/configs"
    plain = ["python", "-m", "monai.bundle", "run", "--config_file", f"['{bundle}/train.json']"]
    planned = [*plain[:-1], f"['{bundle}/train.json','data/task/plan.json']"]
    smaller = [commands._smaller(subject, words, tmp_path) for words in (plain, planned)]
    assert smaller[0] == smaller[1]
    assert f"['{bundle}/train.json']" in smaller[0]


def test_a_config_of_the_bundle_that_is_not_there_is_named(subject, tmp_path):
    words = ["python", "-m", "monai.bundle", "run", "--config_file", "configs/trian.json"]
    with pytest.raises(UserError, match=r"configs/trian\.json: cannot be read"):
        commands._smaller(subject, words, tmp_path)


@pytest.mark.parametrize("trained", [False, True])
def test_untrained_weights_see_the_phantom_in_its_own_voxels(
    trained, subject, tmp_path, monkeypatch
):
    """At a bundle's 1 mm it has hundreds of times their number, and a network of full size."""
    monkeypatch.setattr(commands, "phantom", lambda subject: (tmp_path, tmp_path / "scans"))
    (subject.folder / "models").mkdir()
    (subject.folder / "models" / "model.pt").write_bytes(b"weights")
    scan = {"scan": ScanContract((1.0,) * 3).as_dict()} if trained else {"trained": False}
    record = {"sha256": {"model.pt": sha256_of(subject.folder / "models" / "model.pt")}, **scan}
    (subject.folder / "models" / "provenance.json").write_text(json.dumps(record))
    words = ["python", "-m", "monai.bundle", "run", "--config_file", "configs/inference.json"]
    smaller = commands._smaller(subject, words, tmp_path)
    assert ("[3.0, 3.0, 3.0]" in smaller) is ("--spacing" in smaller) is not trained


def test_commands_that_ran_must_have_left_what_they_promise(tmp_path):
    trained, mask = tmp_path / "trained", tmp_path / "eval" / "a" / "mask.nii.gz"
    trained.mkdir()
    for path, content, refusal in (
        (trained / "model.pt", "weights", r"wrote no model\.pt"),
        (trained / "metrics.json", "{}", r"wrote no metrics\.json"),
        (trained / "metrics.json", '{"dice": 0.5}', "evaluation wrote no metric"),
        (mask, "voxels", "inference wrote nothing"),
    ):
        with pytest.raises(UserError, match=refusal):
            commands._check_outputs(tmp_path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    commands._check_outputs(tmp_path)
