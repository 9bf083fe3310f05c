"""Data, pretraining, hand-over, fine-tuning with and without it, evaluation, report."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..files import make_folder, read_object
from ..processes import usable_cpus
from ..store.manifest import DATALIST
from ..store.splits import SPLITS
from .effect import read_cases
from .folders import ARMS, PRETRAIN, SEEDS, TASK, Folders
from .report import WIDTH, write_report
from .runs import Run, side_by_side

# Small enough for two cores: the paper's network has base_channels 32 and crops of 64 x 64 x 32.
CROP = (24, 24, 24)
RULE = "body"
SPACING_MM = 2.0
# With skip connections, so that the decoder can be handed over, too; small.json has none.
PRETRAINING: dict[str, Any] = {
    "spacing": SPACING_MM,
    "skip": True,
    "crop_size": list(CROP),
    "crops_per_scan": 16,
    "crop_rule": RULE,
    "max_epochs": 12,
    "val_interval": 2,
    "num_workers": 0,
}
# Few steps on few labels: at a lower rate, or in larger batches, neither arm gets far.
FINE_TUNING: dict[str, Any] = {
    "crop_size": list(CROP),
    "max_epochs": 50,
    "batch_size": 2,
    "learning_rate": 0.005,
    "val_interval": 10,
    "label_fraction": 0.25,
    "num_workers": 0,
}
SCANS = 30
OWN_SCANS = 3  # one to train on, one to choose the weights by, one to measure on


def _headline(step: int, text: str) -> None:
    print(f"\n[{step}/4] {text}", flush=True)


def _prepare_phantom(folders: Folders) -> None:
    """Make the phantoms and prepare them, with their labels."""
    from ..phantom import prepare_phantom
    from ..sources import prepare_images

    prepare_phantom(folders.raw, scans=SCANS, seed=0, spacing=SPACING_MM, negatives_per_scan=0)
    prepare_images(
        folders.raw,
        folders.labelled,
        images="subset*/*.mhd",
        labels="nodule_masks/*.nii.gz",
        spacing=SPACING_MM,
        fractions=(0.4, 0.15, 0.45),
    )


def _prepare_own(folders: Folders, scans: Path) -> Path:
    """Prepare the user's scans; return the folder of the unlabelled data."""
    from ..sources import prepare_images

    own = folders.root / "data_own"
    prepare_images(scans, own, spacing=SPACING_MM, skip_broken=True, patients="each")
    listed = read_object(own / DATALIST, "delete it and start the same command again")
    if (count := sum(len(listed.get(split, ())) for split in SPLITS)) < OWN_SCANS:
        raise UserError(
            f"--data {scans}: {count} usable scan(s), the demo needs {OWN_SCANS} or more; add "
            "scans, or leave --data out"
        )
    return own


def _check_own(scans: Path) -> None:
    if not scans.is_dir():
        raise UserError(f"{scans}: no such folder; give the folder that holds your scans")
    if (scans / DATALIST).is_file():
        raise UserError(
            f"--data {scans}: is a prepared folder; give the folder of the original scans"
        )


def _pretrain(folders: Folders, unlabelled: Path) -> None:
    """Train by the bundle's small recipe, and measure beside what needs no learning."""
    places = {"dataset_dir": unlabelled, "output_dir": folders.pretraining}
    training = Run(PRETRAIN, ("train", "small"), {**PRETRAINING, **places})
    print("  $ " + training.command(), flush=True)
    training.do()
    measured = {"num_workers": 0, **places}
    Run(PRETRAIN, ("train", "small", "evaluate"), measured).do()


def _chain(folders: Folders, arm: str, seed: int) -> list[Run]:
    """Fine-tune and evaluate one arm with one seed."""
    places = {"dataset_dir": folders.labelled, "output_dir": folders.task(arm, seed)}
    start = {"pretrained": folders.pretraining / "model.pt"} if arm == "pretrained" else {}
    keys = {"base_channels": WIDTH, **FINE_TUNING, "seed": seed, **start, **places}
    return [
        Run(TASK, ("train",), keys),
        Run(TASK, ("train", "evaluate"), {"num_workers": 0, **places}),
    ]


def _fine_tune(folders: Folders) -> None:
    """Each arm with each seed; the arms of a seed side by side."""
    chains = {
        folders.task(arm, seed).name: _chain(folders, arm, seed) for seed in SEEDS for arm in ARMS
    }
    for arm in ARMS:
        print("  $ " + chains[folders.task(arm, 0).name][0].command(), flush=True)

    def finished(name: str) -> str:
        dice = read_cases(folders.root / name).values()
        return f"dice {sum(dice) / len(dice):.3f} on {len(dice)} test nodules"

    side_by_side(chains, folders.root, finished)


def run_demo(output: Path, data: Path | None = None) -> Path:
    """Run everything and return the report's path.

    A second call goes on where the first stopped.

    Args:
        output: folder to write.
        data: folder of scans to pretrain on instead of the phantom. The labelled data of the task
            stay synthetic.

    Raises:
        UserError: a step failed, ``data`` is no folder, is prepared already or has too few usable
            scans, or ``output`` cannot be written.
    """
    if data is not None:
        _check_own(data)
    started = time.monotonic()
    output = output.resolve()
    make_folder(output)
    folders = Folders(output if data is None else output / "own_data")
    _headline(1, "Data: synthetic chest CT" + ("" if data is None else f", and scans from {data}"))
    # First what may be refused: the phantoms take a minute.
    unlabelled = folders.labelled if data is None else _prepare_own(folders, data)
    _prepare_phantom(folders)
    _headline(2, "Pretraining without labels: Models Genesis")
    _pretrain(folders, unlabelled)
    _headline(
        3, f"Nodule segmentation with few labels, {len(SEEDS)} seeds, on {usable_cpus()} CPUs"
    )
    _fine_tune(folders)
    _headline(4, "Report")
    report = write_report(folders, unlabelled, CROP, RULE, own=data is not None)
    print(f"{report}  ({(time.monotonic() - started) / 60:.1f} minutes)")
    return report
