"""The command line: help, one-line errors, exit status."""

import subprocess
import sys

import pytest
import torch

from medssl.networks import UNet3D


def medssl(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "medssl.cli", *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


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
    torch.save(UNet3D(base_channels=2, skip=False).state_dict(), tmp_path / "model.pt")
    result = medssl("transfer", str(tmp_path / "model.pt"), "--base_channels", "2")
    assert result.returncode == 0
    assert "encoder 56/56" in result.stdout
    assert "decoder 0/48 (skipped" in result.stdout
