"""A small prepared phantom and ways to run a bundle on it."""

import subprocess
import sys
from pathlib import Path

import pytest
from monai.bundle import run

from medssl.data import prepare_images
from medssl.data.phantom import prepare_phantom

BUNDLES = Path(__file__).resolve().parents[2] / "bundles"
PRETEXT = (
    "pretrain_rotation",
    "pretrain_relative_patch_location",
    "pretrain_jigsaw",
    "pretrain_rubiks_cube",
    "pretrain_rubiks_cube_plus",
    "pretrain_autoencoder",
    "pretrain_models_genesis",
    "pretrain_pcrl",
    "pretrain_simclr",
    "pretrain_byol",
)
# What sets the size of the patches of bundles that lay a grid.
PATCH_KEYS = {
    "pretrain_relative_patch_location": "patch_size",
    "pretrain_jigsaw": "cube_size",
    "pretrain_rubiks_cube": "cube_size",
    "pretrain_rubiks_cube_plus": "cube_size",
}
TASKS = ("lung_nodule_ct_segmentation",)
SPACING = 3.0
COMMON = {"base_channels": 2, "batch_size": 2, "max_epochs": 1, "num_workers": 0, "val_interval": 1}
CROP = [16, 16, 16]


def tiny(bundle: str) -> dict[str, object]:
    """Overrides that make a bundle's training a matter of seconds."""
    overrides = {**COMMON, "crop_size": CROP}
    if bundle in PRETEXT:
        overrides["crops_per_scan"] = 4
    if bundle in PATCH_KEYS:
        del overrides["crop_size"]  # follows from the patches
        overrides |= {PATCH_KEYS[bundle]: CROP, "jitter": 2}
    return overrides


def arguments(bundle: str, configs: list[str], data: Path, **overrides) -> dict[str, object]:
    """Keyword arguments of ``monai.bundle.run``."""
    root = BUNDLES / bundle
    return {
        "config_file": [str(root / "configs" / f"{config}.json") for config in configs],
        "bundle_root": str(root),
        "dataset_dir": str(data),
        "logging_file": False,
        **overrides,
    }


def command(bundle: str, configs: list[str], data: Path, **overrides) -> list[str]:
    """The same as a command line."""
    given = arguments(bundle, configs, data, **overrides)
    words = [sys.executable, "-W", "ignore", "-m", "monai.bundle", "run"]
    for key, value in given.items():
        words += [f"--{key}", str(value)]
    return words


@pytest.fixture(scope="session")
def phantom(tmp_path_factory) -> Path:
    """Raw phantom scans in LUNA16's layout."""
    folder = tmp_path_factory.mktemp("phantom")
    prepare_phantom(folder, scans=5, seed=3, spacing=SPACING, workers=2)
    return folder


@pytest.fixture(scope="session")
def prepared(tmp_path_factory, phantom) -> Path:
    """The phantom, prepared at its own coarse spacing."""
    folder = tmp_path_factory.mktemp("prepared")
    prepare_images(
        phantom,
        folder,
        images="subset*/*.mhd",
        labels="nodule_masks/*.nii.gz",
        spacing=SPACING,
        fractions=(0.6, 0.2, 0.2),
        workers=2,
    )
    return folder


@pytest.fixture
def run_bundle(tmp_path, prepared, monkeypatch):
    """Run a bundle in this process from a directory that is not the repository."""
    monkeypatch.chdir(tmp_path)

    def call(bundle: str, configs: list[str], data: Path | None = None, **overrides) -> None:
        run(**arguments(bundle, configs, data or prepared, **overrides))

    return call


@pytest.fixture
def shell(tmp_path):
    """Run a command from a foreign directory and return the finished process."""

    def call(words: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            words, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300
        )

    return call
