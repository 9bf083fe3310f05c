"""How much do labels matter, and does pretraining replace them? A study on the phantom.

    python benchmarks/label_fraction.py [--work runs/label_fraction]

Nodule segmentation learned from 1, 2, 5 and 20 synthetic chest CT, from scratch and from the
weights of one method of each family, with three seeds. Writes docs/results_label_fraction.json,
docs/label_fraction.png and a section of docs/results.md. Stopped, it goes on.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import time
from collections.abc import Callable, Mapping
from itertools import islice, product
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from fraction_page import FAMILIES, draw, summarise, write_section
from medssl.demo.effect import read_cases
from medssl.demo.folders import TASK
from medssl.engines import read_trace
from medssl.engines.identity import versions
from medssl.files import write_json
from medssl.phantom import prepare_phantom
from medssl.sources import prepare_images
from medssl.store import load_datalist
from real.data import deal
from real.runs import ROOT, run_bundle, train

CASES = (1, 2, 5, 20)  # labelled scans, out of those of the training split
SEEDS = (0, 1, 2)
UNLABELLED = {"training": 9, "validation": 3}  # scans
LABELLED = {"training": CASES[-1], "validation": 4, "test": 16}
SPACING_MM = 2.0
COMMON = {"amp": "bf16", "channels_last": True}
PRETRAINING: dict[str, dict[str, Any]] = {
    "pretrain_rotation": {"crop_size": [48] * 3, "crops_per_scan": 40, "batch_size": 8},
    "pretrain_models_genesis": {
        **{"crop_size": [32] * 3, "crops_per_scan": 24, "batch_size": 4},
        "learning_rate": 0.1,
    },
    "pretrain_simclr": {
        **{"crop_size": [24] * 3, "crops_per_scan": 96, "batch_size": 16},
        "learning_rate": 0.05,
    },
}
EPOCHS = {"max_epochs": 4, "val_interval": 1}
CROP = {"crop_size": [24] * 3}
FINE_TUNING = {"batch_size": 4, "learning_rate": 0.005}
STEPS = 50  # of an "epoch" of fine-tuning, however few the crops


def fraction_of(cases: int) -> float:
    """The share of the labelled patients that keeps so many of them."""
    return cases / LABELLED["training"]


def prepare(folder: Path, scans: Mapping[str, int], seed: int, labels: str | None) -> Path:
    """Prepare phantoms and deal so many of them to each split."""
    raw, dealt = (folder.with_name(f"{folder.name}_{part}") for part in ("raw", "split"))
    prepare_phantom(raw, scans=sum(scans.values()), seed=seed, spacing=SPACING_MM)
    prepare_images(raw, folder, "subset*/*.mhd", labels, SPACING_MM, fractions=(1, 0, 0))
    names = iter([item["id"] for item in load_datalist(folder, "training")])
    splits = {split: list(islice(names, count)) for split, count in scans.items()}
    return deal(folder, dealt, **splits)


def once(
    output: Path, settings: Mapping[str, Any], make: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    """What ``make`` returns, or returned when it finished in this folder before.

    What it prints goes to ``log.txt`` there.

    Raises:
        SystemExit: that was with other settings.
    """
    file, log = output / "result.json", output / "log.txt"
    if not file.is_file():
        output.mkdir(parents=True, exist_ok=True)
        with (
            log.open("a", encoding="utf-8") as stream,
            contextlib.redirect_stdout(stream),
            contextlib.redirect_stderr(stream),
        ):
            started = time.monotonic()
            result = make()
        seconds = time.monotonic() - started
        write_json(file, {"settings": settings, "seconds": seconds, **result})
    content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    if content["settings"] != settings:
        raise SystemExit(
            f"{file}: made with other settings; delete {output} or give another --work"
        )
    return content


def pretrain(bundle: str, seed: int, data: Path, output: Path) -> dict[str, Any]:
    """Pretrain one method; how its loss and its held-out metric went."""
    settings = {"seed": seed, **COMMON, **EPOCHS, **PRETRAINING[bundle]}
    return once(output, settings, lambda: train(bundle, data, output, **settings))


def fine_tune(cases: int, source: Path | None, seed: int, data: Path, out: Path) -> dict[str, Any]:
    """Learn from so many scans, in as many steps however few; the dice of each test nodule."""
    share: dict[str, Any] = {"label_fraction": fraction_of(cases), "seed": seed}
    items = load_datalist(data, "training", labelled=True, **share)
    settings = {**share, **COMMON, **EPOCHS, **CROP, **FINE_TUNING}
    weights = {} if source is None else {"pretrained": source / "model.pt"}

    def make() -> dict[str, Any]:
        # An overlay of the config: an epoch has as many steps with few crops as with many.
        write_json(out / "steps.json", {"train#trainer#epoch_length": STEPS})
        configs = ["train", str(out / "steps")]
        run_bundle(TASK, configs, dataset_dir=data, output_dir=out, **settings, **weights)
        run_bundle(TASK, ["train", "evaluate"], dataset_dir=data, output_dir=out, **COMMON, **CROP)
        return {
            "scans": len(items),
            "crops": sum(len(item["objects"]) for item in items),
            "steps": len(read_trace(out / "trace.jsonl")),
            "dice": read_cases(out / "dice_raw.csv"),
        }

    return once(out, {**settings, "steps": STEPS}, make)


def run_all(work: Path) -> dict[str, Any]:
    """Every pretraining and every fine-tuning, those finished before left as they are."""
    unlabelled = prepare(work / "unlabelled", UNLABELLED, 12, None)
    task = prepare(work / "labelled", LABELLED, 40, "nodule_masks/*.nii.gz")
    pretraining: dict[str, Any] = {}
    fine_tuning: dict[str, Any] = {}
    total = len(SEEDS) * (len(PRETRAINING) + len(CASES) * len(FAMILIES))
    with tqdm(total=total, unit="run") as bar:
        for seed, bundle in product(SEEDS, PRETRAINING):
            name = f"{bundle}_{seed}"
            bar.set_description(name)
            pretraining[name] = pretrain(bundle, seed, unlabelled, work / name)
            bar.update()
        for seed, cases, start in product(SEEDS, CASES, FAMILIES):
            name = f"{start}_{cases}_{seed}"
            bar.set_description(name)
            folder = work / f"{start}_{seed}"
            source = None if start == "scratch" else folder
            fine_tuning[name] = fine_tune(cases, source, seed, task, folder / f"cases_{cases}")
            bar.update()
    return {"pretraining": pretraining, "fine_tuning": fine_tuning}


def report_on(runs: Mapping[str, Any]) -> dict[str, Any]:
    """Cells with their intervals, and what each run was; the JSON beside the page."""
    every = [run for group in runs.values() for run in group.values()]
    dice = {name: run.pop("dice") for name, run in runs["fine_tuning"].items()}
    nodules = list(next(iter(dice.values())))
    return {
        "command": "make label-fraction",
        "date": time.strftime("%Y-%m-%d"),
        "versions": versions(),
        "data": "SYNTHETIC: chest phantoms",
        "minutes": sum(run["seconds"] for run in every) / 60,
        "test_scans": len({name.rsplit("_", 1)[0] for name in nodules}),
        "test_nodules": len(nodules),
        "cells": summarise(dice, CASES, SEEDS),
        **runs,
    }


def main() -> None:
    """Run all, write the figures, the picture and the page."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--work", type=Path, default=ROOT / "runs" / "label_fraction")
    work = options.parse_args().work.resolve()
    torch.set_num_threads(1)
    logging.disable(logging.WARNING)  # MONAI's lists of arguments would tear the progress bar
    report = report_on(run_all(work))
    write_json(ROOT / "docs" / "results_label_fraction.json", report)
    draw(report["cells"], ROOT / "docs" / "label_fraction.png")
    write_section(report, ROOT / "docs" / "results.md")


if __name__ == "__main__":
    main()
