"""Commands in this process, as from a shell."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import medssl
from medssl.errors import told

ROOT = Path(medssl.__file__).resolve().parents[2]
BUNDLES = ROOT / "bundles"
TINY = {
    **{"base_channels": 2, "batch_size": 2, "max_epochs": 1, "num_workers": 0, "val_interval": 1},
    **{"crop_size": [16, 16, 16], "crops_per_scan": 2, "device": "cpu"},
}


def words_of(config: Path, root: Path, data: Path, given: Mapping[str, object]) -> list[str]:
    """Words of ``monai.bundle run``."""
    head = ["run", "--config_file", str(config), "--bundle_root", str(root)]
    words = [*head, "--dataset_dir", str(data), "--logging_file", "False"]
    return words + [word for key, value in given.items() for word in (f"--{key}", str(value))]


def run_bundle(words: Sequence[str]) -> None:
    """``python -m monai.bundle`` with these words.

    Raises:
        SystemExit: in the line that the hook of medssl prints, once it is there.
    """
    sys.argv = ["monai/bundle/__main__.py", *words]
    sys.excepthook = sys.__excepthook__  # a run before may have set that of medssl
    try:
        runpy.run_module("monai.bundle", run_name="__main__")
    except Exception as error:
        if sys.excepthook is sys.__excepthook__:
            raise
        raise SystemExit(f"medssl: {told(error)}") from error


def run_medssl(words: Sequence[str]) -> None:
    """``medssl`` with these words."""
    from medssl.cli import main

    sys.argv = ["medssl", *words]
    main()


def train_elsewhere(words: Sequence[str]) -> None:
    """``python -m monai.bundle`` in a process of its own, as training starts threads.

    Raises:
        CalledProcessError: it failed.
    """
    command = [sys.executable, "-W", "ignore", "-m", "monai.bundle", *words]
    library = str(ROOT / "shared")
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": library}
    subprocess.run(command, check=True, capture_output=True, env=environment)
