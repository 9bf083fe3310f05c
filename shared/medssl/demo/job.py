"""Data, pretraining, hand-over, fine-tuning twice, evaluation, report."""

from __future__ import annotations

import shlex
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from ..errors import UserError
from .folders import PRETRAIN, TASK, Folders
from .report import write_report

# Small enough for two cores: the paper's network has base_channels 32 and crops of 64 x 64 x 32.
CROP = (32, 32, 32)
NETWORK: dict[str, Any] = {"base_channels": 8, "num_workers": 1, "crop_size": list(CROP)}
PRETRAINING = {"max_epochs": 12, "crops_per_scan": 12, "batch_size": 4, "learning_rate": 0.1}
FINE_TUNING = {
    "max_epochs": 80,
    "batch_size": 8,
    "learning_rate": 0.005,
    "val_interval": 4,
    "label_fraction": 0.5,
}
SCANS = 12
SPACING_MM = 1.6


def find_bundles() -> Path:
    """The ``bundles`` folder of this checkout.

    Raises:
        UserError: the library was installed without it.
    """
    folder = Path(__file__).resolve().parents[3] / "bundles"
    if not (folder / TASK).is_dir():
        raise UserError(f"{folder}: no bundles there; run the demo from a checkout of the project")
    return folder


def run_bundle(name: str, configs: list[str], **overrides: Any) -> None:
    """Run one bundle with MONAI's own command and show that command.

    Raises:
        UserError: it failed; its own message stands above.
    """
    root = find_bundles() / name
    files = [str(root / "configs" / f"{config}.json") for config in configs]
    command = [sys.executable, "-W", "ignore", "-m", "monai.bundle", "run"]
    command += ["--config_file", files[0] if len(files) == 1 else str(files)]
    command += ["--bundle_root", str(root), "--logging_file", "False"]
    for key, value in overrides.items():
        command += [f"--{key}", str(value)]
    print("  $ python " + shlex.join(command[3:]), flush=True)
    if subprocess.run(command, check=False).returncode:
        raise UserError(f"{name}: the step above failed")


def _headline(step: int, text: str) -> None:
    print(f"\n[{step}/6] {text}", flush=True)


def _prepare(folders: Folders, own_scans: Path | None) -> Path:
    """Prepare the phantom, and the user's scans where given; return the unlabelled data."""
    from ..phantom import prepare_phantom
    from ..sources import prepare_images

    prepare_phantom(folders.raw, scans=SCANS, seed=0, spacing=SPACING_MM)
    prepare_images(
        folders.raw,
        folders.labelled,
        images="subset*/*.mhd",
        labels="nodule_masks/*.nii.gz",
        fractions=(0.5, 0.2, 0.3),
    )
    if own_scans is None:
        return folders.labelled
    prepare_images(own_scans, folders.root / "data_own", skip_broken=True, patients="each")
    return folders.root / "data_own"


def run_demo(output: Path, data: Path | None = None) -> Path:
    """Run everything and return the report's path.

    A second call goes on where the first stopped.

    Args:
        output: folder to write.
        data: folder of scans to pretrain on instead of the phantom. The labelled data of the task
            stay synthetic.

    Raises:
        UserError: a step failed, or ``data`` is no folder.
    """
    if data is not None and not data.is_dir():
        raise UserError(f"{data}: no such folder; give the folder that holds your scans")
    started = time.monotonic()
    output = output.resolve()
    folders = Folders(output if data is None else output / "own_data")
    _headline(1, "Data: synthetic chest CT" + ("" if data is None else f", and scans from {data}"))
    unlabelled = _prepare(folders, data)
    _headline(2, "Pretraining without labels: Models Genesis")
    run_bundle(
        PRETRAIN,
        ["train"],
        dataset_dir=unlabelled,
        output_dir=folders.pretraining,
        **PRETRAINING,
        **NETWORK,
    )
    for step, arm in ((3, "pretrained"), (4, "scratch")):
        _headline(step, f"Nodule segmentation with few labels: {arm}")
        source = {"pretrained": folders.pretraining / "model.pt"} if arm == "pretrained" else {}
        run_bundle(
            TASK,
            ["train"],
            dataset_dir=folders.labelled,
            output_dir=folders.task(arm),
            **FINE_TUNING,
            **NETWORK,
            **source,
        )
    _headline(5, "Evaluation on test scans that neither has seen")
    for arm in ("pretrained", "scratch"):
        run_bundle(
            TASK,
            ["train", "evaluate"],
            dataset_dir=folders.labelled,
            output_dir=folders.task(arm),
            num_workers=NETWORK["num_workers"],
        )
    _headline(6, "Report")
    report = write_report(folders, unlabelled, NETWORK["base_channels"], CROP, data is not None)
    print(f"{report}  ({(time.monotonic() - started) / 60:.1f} minutes)")
    return report
