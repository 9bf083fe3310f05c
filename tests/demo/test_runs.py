"""Runs side by side: all are done, and one that fails is named."""

import json
import multiprocessing
import shlex
from dataclasses import dataclass
from pathlib import Path

import pytest

from medssl.demo.folders import TASK
from medssl.demo.runs import Run, side_by_side
from medssl.errors import UserError


@dataclass(frozen=True)
class Note(Run):
    """Leaves a file instead of training."""

    def do(self):
        print("working")
        if self.keys.get("fail"):
            raise UserError("no such scan")
        Path(self.keys["output_dir"]).write_text("done")


def test_the_command_shown_is_the_run(tmp_path):
    run = Run(TASK, ("train", "evaluate"), {"output_dir": tmp_path / "a b", "crop_size": [24] * 3})
    words = shlex.split(run.command())
    assert words[:4] == ["python", "-m", "monai.bundle", "run"]
    given = dict(zip(words[4::2], words[5::2], strict=True))
    assert given["--config_file"] == str(run.files)
    assert all(Path(file).is_file() for file in run.files)
    assert given["--output_dir"] == str(tmp_path / "a b")
    assert given["--crop_size"] == "[24, 24, 24]"


def test_paths_are_taken_as_they_are_written(tmp_path, monkeypatch):
    """Below a folder with a ``#`` in its name, and with one in the values."""
    bundle = tmp_path / "sp ace#ü" / "bundles" / TASK
    (bundle / "configs").mkdir(parents=True)
    (bundle / "configs" / "metadata.json").write_text('{"task": "noting"}')
    imports = ["$from pathlib import Path", "$from medssl.engines.running import current_task"]
    note = "$Path(@output_dir).write_bytes((@bundle_root + current_task()).encode())"
    config = {"bundle_root": ".", "output_dir": "models", "imports": imports}
    (bundle / "configs" / "train.json").write_text(json.dumps({**config, "run": [note]}))
    monkeypatch.setattr("medssl.demo.runs.find_bundles", lambda: bundle.parent)
    run = Run(TASK, ("train",), {"output_dir": tmp_path / "dm x#é"})
    run.do()
    assert (tmp_path / "dm x#é").read_bytes() == f"{bundle}noting".encode()
    words = shlex.split(run.command())
    assert words[words.index("--config_file") + 1] == str(run.files)


def test_chains_side_by_side_and_one_that_fails(tmp_path, capsys, monkeypatch):
    chains = {
        name: [Note(TASK, (), {"output_dir": tmp_path / f"{name}{step}"}) for step in (1, 2)]
        for name in ("a", "b")
    }
    side_by_side(chains, tmp_path, lambda name: f"{name} is done")
    assert {path.name for path in tmp_path.iterdir()} == {"a1", "a2", "b1", "b2", "a.log", "b.log"}
    assert (tmp_path / "a.log").read_text() == "working\nworking\n"
    assert "working" not in capsys.readouterr().out
    # How its process starts does not matter to what is told of it.
    forking = multiprocessing.get_context("fork")
    monkeypatch.setattr("medssl.processes.multiprocessing.get_context", lambda _: forking)
    failing = {"c": [Note(TASK, (), {"fail": True})]}
    with pytest.raises(UserError, match=r"c: no such scan; .*c\.log tells more"):
        side_by_side(failing, tmp_path, str)
