"""Pretrain on real CT, hand over, fine-tune on real nodules and the phantom; print what came out.

    python benchmarks/real_ct.py --scans DIR [--work runs/real_ct] [--output FILE.json]

DIR holds one folder per scan with ``ct.nii.gz`` and, where there are any, ``nodules.nii.gz`` or
``tumour.nii.gz``. Rotation and Models Genesis are pretrained on all scans but those held out by the
split; the labelled scans join a phantom of twelve scans for fine-tuning. Stopped, it goes on.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

from medssl.analysis import cluster_bootstrap
from medssl.demo.effect import read_cases
from medssl.demo.folders import TASK
from medssl.demo.runs import Run
from medssl.engines import read_metrics, read_trace
from medssl.engines.identity import versions
from medssl.files import write_json
from medssl.phantom import prepare_phantom
from medssl.sources import prepare_images

MASKS = ("nodules.nii.gz", "tumour.nii.gz")
NETWORK: dict[str, Any] = {
    "base_channels": 16,
    "num_workers": 1,
    "amp": "bf16",
    "channels_last": True,
}
PRETEXT: dict[str, dict[str, Any]] = {
    "pretrain_rotation": {"crop_size": [48, 48, 48], "crops_per_scan": 64, "batch_size": 8},
    "pretrain_models_genesis": {"crop_size": [48, 48, 32], "crops_per_scan": 24, "batch_size": 4},
}
EPOCHS = {"pretrain_rotation": 10, "pretrain_models_genesis": 9}
# Rotation needs to see where it is in the body: 48 voxels are 96 mm.
SPACING_MM = {"pretrain_rotation": 2.0, "pretrain_models_genesis": 1.0}
FINE_TUNING: dict[str, Any] = {
    "crop_size": [48, 48, 32],
    "max_epochs": 12,
    "batch_size": 4,
    "val_interval": 4,
}
ARMS = (None, "pretrain_rotation", "pretrain_models_genesis")


def stage_labelled(scans: Path, folder: Path) -> Path:
    """Link the labelled scans under one pair of names."""
    for case in sorted(scans.iterdir()):
        for mask in (case / name for name in MASKS):
            if mask.is_file():
                target = folder / case.name
                target.mkdir(parents=True, exist_ok=True)
                for link, file in (("ct.nii.gz", case / "ct.nii.gz"), ("mask.nii.gz", mask)):
                    if not (target / link).is_symlink():
                        (target / link).symlink_to(file.resolve())
    return folder


def join(folders: list[Path], target: Path) -> Path:
    """One data list over several prepared folders; real cases go to training and to the test."""
    parts: dict[str, list[Any]] = {"training": [], "validation": [], "test": []}
    for folder in folders:
        listing = json.loads((folder / "datalist.json").read_text())
        for split, items in parts.items():
            for item in listing[split]:
                for key in ("image", "label"):
                    item[key] = str(folder / item[key])
                items.append(item)
    target.mkdir(parents=True, exist_ok=True)
    write_json(target / "datalist.json", {**listing, **parts})
    return target


def prepare_unlabelled(scans: Path, work: Path, bundle: str) -> Path:
    """Prepared real scans for one method; a third is held out."""
    folder = work / f"chest_{bundle}"
    spacing = SPACING_MM[bundle]
    prepare_images(scans, folder, images="*/ct.nii.gz", spacing=spacing, fractions=(0.7, 0.3, 0.0))
    return folder


def prepare_labelled(scans: Path, work: Path) -> Path:
    """The labelled real scans joined with a phantom."""
    real, phantom = work / "labelled", work / "phantom"
    staged = stage_labelled(scans, work / "staged")
    prepare_images(
        staged, real, images="*/ct.nii.gz", labels="*/mask.nii.gz", fractions=(0.67, 0.0, 0.33)
    )
    prepare_phantom(work / "phantom_raw", scans=12, seed=7, spacing=1.6)
    prepare_images(
        work / "phantom_raw", phantom, images="subset*/*.mhd", labels="nodule_masks/*.nii.gz"
    )
    return join([real.resolve(), phantom.resolve()], work / "joined")


def pretrain(bundle: str, data: Path, output: Path) -> dict[str, Any]:
    """Pretrain and say how the loss and the held-out metric went."""
    keys = {"max_epochs": EPOCHS[bundle], "val_interval": 1, **PRETEXT[bundle], **NETWORK}
    Run(bundle, ("train",), {"dataset_dir": data, "output_dir": output, **keys}).do()
    losses = list(read_trace(output / "trace.jsonl").values())
    tenth = max(1, len(losses) // 10)
    return {
        "steps": len(losses),
        "loss_first_tenth": sum(losses[:tenth]) / tenth,
        "loss_last_tenth": sum(losses[-tenth:]) / tenth,
        "held_out": read_metrics(output / "trace.jsonl"),
    }


def fine_tune(source: str | None, data: Path, work: Path) -> dict[str, Any]:
    """Fine-tune from one source (None: from scratch), evaluate on the test cases."""
    output = work / f"{TASK}_{source or 'scratch'}"
    weights = {} if source is None else {"pretrained": work / source / "model.pt"}
    common = {"dataset_dir": data, "output_dir": output, **NETWORK, **FINE_TUNING}
    Run(TASK, ("train",), {**common, **weights}).do()
    Run(TASK, ("train", "evaluate"), common).do()
    cases = read_cases(output / "dice_raw.csv")
    scans = [name.rsplit("_", 1)[0] for name in cases]
    estimate = cluster_bootstrap(list(cases.values()), scans)
    return {"dice": str(estimate), "nodules": len(cases), "by_case": cases}


def main() -> None:
    """Run all, print, write."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--scans", type=Path, required=True)
    options.add_argument("--work", type=Path, default=Path("runs/real_ct"))
    options.add_argument("--output", type=Path)
    arguments = options.parse_args()
    work = arguments.work.resolve()
    labelled = prepare_labelled(arguments.scans, work)
    pretraining = {
        bundle: pretrain(bundle, prepare_unlabelled(arguments.scans, work, bundle), work / bundle)
        for bundle in PRETEXT
    }
    report: dict[str, Any] = {
        "date": time.strftime("%Y-%m-%d"),
        "versions": versions(),
        "network": NETWORK,
        "pretraining": pretraining,
        "fine_tuning": {arm or "scratch": fine_tune(arm, labelled, work) for arm in ARMS},
    }
    print(json.dumps(report, indent=2))
    if arguments.output:
        write_json(arguments.output, report)


if __name__ == "__main__":
    main()
