"""A small prepared phantom and ways to run a bundle on it."""

import subprocess
import sys
from pathlib import Path

import pytest
from monai.bundle import run
from torch.distributed import TCPStore

from medssl.phantom import prepare_phantom
from medssl.sources import prepare_images, prepare_liver, prepare_luna16

from ..helpers import made_once
from ..warm import Warm, run_warm

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
LIVER_TASKS = ("liver_ct_segmentation", "liver_tumor_ct_segmentation")
CLASSIFICATION = "lung_nodule_ct_classification"
OPEN_SEGMENTATION, OPEN_CLASSIFICATION = "volume_segmentation", "volume_classification"
ABDOMEN_TASKS = (*LIVER_TASKS, OPEN_SEGMENTATION)
TASKS = ("lung_nodule_ct_segmentation", CLASSIFICATION, *ABDOMEN_TASKS, OPEN_CLASSIFICATION)
SPACING, ABDOMEN_SPACING = 3.0, 7.0
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
    if bundle in ABDOMEN_TASKS:
        overrides["window_size"] = CROP
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


def coarse_bodies(folder: Path, scans: int, spacing: float, shares, workers: int) -> Path:
    """Chest phantoms so coarse that a small crop spans a body, prepared at their own spacing."""
    prepare_phantom(folder / "raw", scans=scans, seed=3, spacing=spacing, workers=workers)
    prepare_images(
        folder / "raw",
        folder / "data",
        images="subset*/*.mhd",
        spacing=spacing,
        fractions=shares,
        workers=workers,
    )
    return folder / "data"


@pytest.fixture(scope="session")
def phantom(tmp_path_factory) -> Path:
    """Raw phantom scans in LUNA16's layout."""

    def make(folder: Path) -> None:
        prepare_phantom(folder, scans=5, seed=3, spacing=SPACING, workers=1)

    return made_once(tmp_path_factory, "phantom", make)


@pytest.fixture(scope="session")
def prepared(tmp_path_factory, phantom) -> Path:
    """The phantom, prepared at its own coarse spacing."""
    patterns = {"images": "subset*/*.mhd", "labels": "nodule_masks/*.nii.gz"}
    settings = {"spacing": SPACING, "fractions": (0.6, 0.2, 0.2), "workers": 1}

    def make(folder: Path) -> None:
        prepare_images(phantom, folder, **patterns, **settings)

    return made_once(tmp_path_factory, "prepared", make)


@pytest.fixture(scope="session")
def prepared_luna16(tmp_path_factory, phantom) -> Path:
    """The phantom prepared as LUNA16, with its candidates."""
    settings = {"split": "patients", "fractions": (0.6, 0.2, 0.2), "workers": 1}

    def make(folder: Path) -> None:
        prepare_luna16(phantom, folder, spacing=SPACING, **settings)

    return made_once(tmp_path_factory, "prepared_luna16", make)


@pytest.fixture(scope="session")
def prepared_regions(tmp_path_factory, phantom) -> Path:
    """The phantom with its nodules, and as many other places, as classes of regions."""
    head, *rows = (phantom / "labels.csv").read_text().splitlines()
    kept = [row for row in rows if ",nodule," in row]
    kept += [row for row in rows if ",no nodule," in row][:: len(rows) // len(kept)]
    settings = {"spacing": SPACING, "fractions": (0.6, 0.2, 0.2), "workers": 1}

    def make(folder: Path) -> None:
        table = folder / "table.csv"
        table.write_text("\n".join([head, *kept]) + "\n")
        prepare_images(phantom, folder / "data", images="subset*/*.mhd", **settings, table=table)

    return made_once(tmp_path_factory, "prepared_regions", make) / "data"


@pytest.fixture(scope="session")
def abdomen(tmp_path_factory) -> Path:
    """Raw phantom abdomens in the layout of the decathlon's liver task."""

    def make(folder: Path) -> None:
        settings = {"scans": 5, "seed": 3, "spacing": ABDOMEN_SPACING, "workers": 1}
        prepare_phantom(folder, kind="abdomen", **settings)

    return made_once(tmp_path_factory, "abdomen", make)


@pytest.fixture(scope="session")
def prepared_abdomen(tmp_path_factory, abdomen) -> Path:
    """The abdomens, prepared at their own coarse spacing; two to validate on, one per rank."""
    settings = {"split": "patients", "fractions": (0.4, 0.4, 0.2), "seed": 2, "workers": 1}

    def make(folder: Path) -> None:
        prepare_liver("msd_liver", abdomen, folder, spacing=ABDOMEN_SPACING, **settings)

    return made_once(tmp_path_factory, "prepared_abdomen", make)


@pytest.fixture
def data_of(request):
    """The prepared folder that a bundle learns from."""

    def find(bundle: str) -> Path:
        names = {
            CLASSIFICATION: "prepared_luna16",
            OPEN_CLASSIFICATION: "prepared_regions",
            **dict.fromkeys(ABDOMEN_TASKS, "prepared_abdomen"),
        }
        return request.getfixturevalue(names.get(bundle, "prepared"))

    return find


@pytest.fixture
def run_bundle(tmp_path, data_of, monkeypatch):
    """Run a bundle in this process from a directory that is not the repository."""
    monkeypatch.chdir(tmp_path)

    def call(bundle: str, configs: list[str], data: Path | None = None, **overrides) -> None:
        run(**arguments(bundle, configs, data or data_of(bundle), **overrides))

    return call


def run_two_ranks(words: list[str], folder: Path) -> list[subprocess.CompletedProcess[str]]:
    """A command on two ranks with the variables that torchrun sets, whose store is here."""
    store = TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)
    shared = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(store.port)}
    shared |= {"TORCHELASTIC_USE_AGENT_STORE": "True", "WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2"}
    ranks = [
        Warm(words, folder, {**shared, "RANK": rank, "LOCAL_RANK": rank, "OMP_NUM_THREADS": "1"})
        for rank in ("0", "1")
    ]
    try:
        return [rank.finish() for rank in ranks]
    finally:
        for rank in ranks:
            rank.end()


@pytest.fixture
def shell(tmp_path):
    """Run ``python -W ignore -m`` from a foreign directory and return the finished process."""
    return lambda words: run_warm(words, tmp_path)


@pytest.fixture
def new_shell(tmp_path):
    """The same for any command, and in a new interpreter."""

    def call(words: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            words,
            cwd=tmp_path,
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=300,
        )

    return call
