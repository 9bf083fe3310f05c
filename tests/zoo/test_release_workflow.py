"""The release workflow's own shell lines, with stand-ins for GitHub's command and for make."""

import os
import subprocess
import zipfile
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
STAND_IN = '#!/bin/sh\necho "$(basename "$0") $*" >> "$CALLS"\n'
DOWNLOAD = (
    STAND_IN
    + 'case "$*" in "release download"*) mkdir -p weights && cp "$STORED" weights/ ;; esac\n'
)


@pytest.fixture
def run_steps(tmp_path):
    """Run the workflow's shell steps in an empty checkout; returns the calls they made."""
    workflow = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text())
    steps = {
        step["name"]: step["run"] for step in workflow["jobs"]["release"]["steps"] if "run" in step
    }
    programs, checkout = tmp_path / "programs", tmp_path / "checkout"
    programs.mkdir()
    for folder in ("bundles/pretrain_simclr", "dist"):
        (checkout / folder).mkdir(parents=True)
    (checkout / "dist" / "pretrain_simclr_v0.1.0.zip").touch()

    def call(gh):
        for name, text in {"gh": gh, "make": STAND_IN}.items():
            (programs / name).write_text(text)
            (programs / name).chmod(0o755)
        environment = {
            **os.environ,
            "PATH": f"{programs}:{os.environ['PATH']}",
            "CALLS": str(tmp_path / "calls"),
            "STORED": str(tmp_path / "pretrain_simclr_models.zip"),
            "GITHUB_SERVER_URL": "https://github.example",
            "GITHUB_REPOSITORY": "owner/name",
            "TAG": "v0.1.0",
        }
        for step in steps.values():
            subprocess.run(["bash", "-e", "-c", step], cwd=checkout, env=environment, check=True)
        return checkout, (tmp_path / "calls").read_text().splitlines()

    with zipfile.ZipFile(tmp_path / "pretrain_simclr_models.zip", "w") as archive:
        archive.writestr("model.pt", b"weights")
    return call


def test_weights_are_put_in_place_and_all_is_attached(run_steps):
    checkout, calls = run_steps(DOWNLOAD)
    assert (checkout / "bundles/pretrain_simclr/models/model.pt").read_bytes() == b"weights"
    base = "https://github.example/owner/name/releases/download/v0.1.0"
    assert f"make release BASE_URL={base}" in calls
    attached = "dist/pretrain_simclr_v0.1.0.zip dist/model_info.json dist/index.html"
    assert calls[-1] == f"gh release upload v0.1.0 {attached} --clobber"


def test_without_weights_it_goes_on(run_steps):
    checkout, calls = run_steps(STAND_IN)
    assert not (checkout / "bundles/pretrain_simclr/models").exists()
    assert calls[-1].startswith("gh release upload")


def test_the_make_target_packs_verifies_and_indexes():
    told = subprocess.run(
        ["make", "-n", "-o", ".venv/.installed", "release", "BASE_URL=https://x.example"],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=True,
    ).stdout
    order = [told.index(f"medssl {verb}") for verb in ("pack --all", "verify dist", "index dist")]
    assert order == sorted(order)
    assert '--base_url "https://x.example"' in told
