"""The command line: help, one-line errors, exit status."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from medssl import __version__
from medssl.files import sha256_of
from medssl.networks import UNet3D
from medssl.store.contract import SCAN, ScanContract
from tests.warm import run_warm


def words_of(*words: str) -> list[str]:
    return [sys.executable, "-W", "ignore", "-m", "medssl.cli", *words]


def medssl(*words: str) -> subprocess.CompletedProcess[str]:
    return run_warm(words_of(*words), Path.cwd())


def test_the_module_itself_is_the_command():
    """In a new interpreter: what the others run in a fork of one."""
    for words in (["--help"], ["prepare", "images", "--source", "/nonexistent", "--output", "x"]):
        new = subprocess.run(
            words_of(*words), capture_output=True, encoding="utf-8", check=False, timeout=120
        )
        warm = medssl(*words)
        for key in ("returncode", "stdout", "stderr"):
            assert getattr(new, key) == getattr(warm, key)


@pytest.mark.parametrize(
    "words", [["--help"], ["pack", "--help"], ["prepare", "images", "-h"], ["prepare", "--help"]]
)
def test_help_that_was_asked_for_is_output_and_no_error(words):
    result = medssl(*words)
    assert result.returncode == 0, result.stderr
    assert "SYNOPSIS" in result.stdout
    assert "metadata" not in result.stdout.lower()
    assert not result.stderr


def test_the_version_is_told():
    assert medssl("--version").stdout == f"medssl {__version__}\n"


def test_help_lists_the_commands():
    result = medssl("--help")
    assert result.returncode == 0
    for word in ("prepare", "demo", "transfer"):
        assert word in result.stdout + result.stderr


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["prepare", "images", "--source", "/nonexistent", "--output", "x"], "/nonexistent"),
        (["prepare", "phantom", "--output", "x", "--scans", "0"], "scans"),
        (["prepare", "phantom", "--output", "x", "--scan", "3"], "did you mean --scans?"),
        (["demo", "--data", "/nonexistent"], "/nonexistent"),
        (["transfer", "/nonexistent.pt"], "/nonexistent.pt"),
    ],
)
def test_bad_input_is_one_line_and_a_failure(words, expected, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = medssl(*words)
    assert result.returncode == 1
    (line,) = [text for text in result.stderr.splitlines() if text.startswith("medssl: ")]
    assert expected in line
    assert "Traceback" not in result.stderr
    assert not any(tmp_path.iterdir())


def test_transfer_reports_what_fits(tmp_path):
    model = tmp_path / "model.pt"
    torch.save(UNet3D(base_channels=2, skip=False).state_dict(), model)
    record = {"network": {"base_channels": 2}, "sha256": {model.name: sha256_of(model)}}
    (tmp_path / "provenance.json").write_text(json.dumps(record))
    result = medssl("transfer", str(model))
    assert result.returncode == 0
    assert "encoder 56/56" in result.stdout
    assert "decoder 0/48 (skipped" in result.stdout


def test_audit_goes_by_generation_and_fails_on_overlap(tmp_path):
    def scan(name):
        return {"id": name, "patient": name, "scan_sha256": f"of {name}", "image": f"{name}.b2nd"}

    older = {"name": "older", "sha256": "1", "data": {"training": [scan("b")]}, "licence": []}
    record = {"run": {"data": {"training": [scan("a")]}}, "ancestors": [older]}
    (tmp_path / "provenance.json").write_text(json.dumps(record))
    for tested, status in (("a", 1), ("b", 1), ("c", 0)):
        (tmp_path / "datalist.json").write_text(
            json.dumps({SCAN: ScanContract().as_dict(), "test": [scan(tested)]})
        )
        result = medssl("audit", str(tmp_path), "--data", str(tmp_path))
        assert result.returncode == status
        own, before = result.stdout.splitlines()
        assert own.startswith(f"{int(tested == 'a')} of 1 test scans overlap with the 1 scans of /")
        assert before.startswith(
            f"{int(tested == 'b')} of 1 test scans overlap with the 1 scans of o"
        )
