"""An open task from its files to its figures: the hippocampus in MR, and each pretraining on it.

    python benchmarks/hippocampus.py --data DIR [--work runs/hippocampus] [--methods rotation ...]

DIR holds imagesTr and labelsTr of the medical segmentation decathlon's task 4 in nnU-Net's layout.
160 cases are learnt from (12 of them choose the weights), 40 are tested, by subject. `medssl
prepare nnunet`, `medssl plan` and the bundle `volume_segmentation` do the work; every pretraining
learns from the same 160 without their labels, is asked what it knows and handed over. Writes
docs/hippocampus.json, docs/hippocampus.png and a section of docs/results.md. Stopped, it goes on.
"""

from __future__ import annotations

import argparse
import csv
import json
import logging
import time
from pathlib import Path
from typing import Any

import torch

from hippocampus_atlas import atlas_dice
from hippocampus_page import write_page
from hippocampus_picture import draw_cases
from hippocampus_probe import probe_parts
from learning import METHODS, bundle_name, cpu_minutes, scans_of
from medssl.analysis import cluster_bootstrap
from medssl.analysis.plan import OVERLAY, make_plan
from medssl.analysis.plan.machine import this_machine
from medssl.engines import read_trace
from medssl.engines.evaluation import read_evaluation
from medssl.engines.identity import versions
from medssl.files import write_json
from medssl.sources import prepare_listed
from real.data import link
from real.runs import ROOT, run_bundle
from recipe import PRECISION, recipe

TASK = "volume_segmentation"
NAMES = {"background": 0, "anterior": 1, "posterior": 2}
PATIENTS = "patients.csv"
FRACTIONS = (0.75, 0.05, 0.2)
SPLIT_SEED = 6  # the first whose test holds 40 of the 200, and whose validation eight or more
SPLIT: dict[str, Any] = {"fractions": FRACTIONS, "seed": SPLIT_SEED}
# What fits into 31 x 40 x 24 voxels, the smallest extents: crops, and grids of patches and cubes.
CROP = {"crop_size": [24, 24, 24]}
RESTORED = {**CROP, "crops_per_scan": 2, "batch_size": 8, "max_epochs": 14}
CUBES = {"cube_size": [8, 16, 8], "jitter": 2, "batch_size": 8, "max_epochs": 14}
PAIRS = {"crop_size": [16, 16, 16]}
SMALL: dict[str, dict[str, Any]] = {
    "pretrain_autoencoder": RESTORED,
    # Without skips, as in small.json, it finds no more than the mean here, whatever the crops.
    "pretrain_models_genesis": {**RESTORED, "skip": True, "max_epochs": 28},
    "pretrain_pcrl": {**PAIRS, "batch_size": 8, "max_epochs": 24},
    # All voxels are 1 mm in every direction: no sharpness gives an axis away.
    "pretrain_rotation": {**CROP, "equalise": False, "batch_size": 16, "max_epochs": 26},
    "pretrain_relative_patch_location": {
        **{"patch_size": [8, 8, 8], "gap": 0, "jitter": 0, "equalise": False},
        **{"batch_size": 16, "max_epochs": 40},
    },
    "pretrain_jigsaw": CUBES,
    "pretrain_rubiks_cube": CUBES,
    "pretrain_rubiks_cube_plus": {**CUBES, "unmasked_epochs": 8},
    "pretrain_simclr": {**PAIRS, "max_epochs": 120},
    "pretrain_byol": {**PAIRS, "max_epochs": 60},
}
JUDGED = {"crops_per_scan": 16, "search_crops": 4}
SHORT = {
    **PRECISION,
    **{"spacing": 1.0, "crops_per_scan": 8, "val_interval": 2, "checkpoint_every": 100_000},
}


def subject(case: str) -> str:
    """Whose a case is: numbers 2k - 1 and 2k are the two hippocampi of one subject.

    The publisher does not say so, but 390 volumes are of 195 subjects, such pairs share the step of
    their grey values, and their volumes correlate as no other neighbours' do.
    """
    return f"subject_{(int(case.rsplit('_', 1)[1]) + 1) // 2:03d}"


def stage(data: Path, folder: Path) -> Path:
    """DIR as nnU-Net has it: links, a dataset.json that names the classes, and whose cases are."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("imagesTr", "labelsTr"):
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(data.resolve() / name)
    found = sorted(path.name.removesuffix(".nii.gz") for path in data.glob("labelsTr/*.nii.gz"))
    rows = "".join(f"{case},{subject(case)}\n" for case in found)
    (folder / PATIENTS).write_text(f"id,patient\n{rows}", encoding="utf-8")
    described = {"channel_names": {"0": "T1"}, "labels": NAMES, "licence": "CC BY-SA 4.0"}
    write_json(folder / "dataset.json", {**described, "file_ending": ".nii.gz"})
    return folder


def cases(folder: Path, metric: str) -> dict[str, dict[str, float]]:
    """Case to figures by class, of a table that an evaluation wrote."""
    with (folder / f"{metric}_raw.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {row["filename"]: {name: float(row[name]) for name in list(NAMES)[1:]} for row in rows}


def by_class(figures: dict[str, dict[str, float]]) -> dict[str, list[float]]:
    """Mean of each class, and of each case's mean of both, with its 95 % interval over subjects."""
    columns = {name: [row[name] for row in figures.values()] for name in list(NAMES)[1:]}
    columns["both"] = [sum(row.values()) / len(row) for row in figures.values()]
    found = {}
    for name, values in columns.items():
        there = [(v, case) for v, case in zip(values, figures, strict=True) if v == v]
        numbers, names = map(list, zip(*there, strict=True))
        estimate = cluster_bootstrap(numbers, [subject(case) for case in names])
        found[name] = [estimate.mean, estimate.low, estimate.high]
    return found


def learn_task(folder: Path, source: Path, work: Path, hours: float) -> dict[str, Any]:
    """Plan, train from scratch, evaluate, write the masks of the test cases, draw five."""
    result, today = work / "task.json", {"hours": hours, "scans": scans_of(folder)}
    if result.is_file():
        return finished(result, today)
    overlay, output = work / OVERLAY, work / "scratch"
    if not overlay.is_file():
        make_plan(folder, hours).write(overlay)
    places = {"dataset_dir": folder, "output_dir": output}
    began = time.monotonic()
    with cpu_minutes(output / "minutes.json"):
        run_bundle(TASK, ["train", str(overlay.with_suffix(""))], **places)
    minutes = (time.monotonic() - began) / 60
    run_bundle(TASK, ["train", "evaluate"], raw_dir=source, **places)
    found = {
        **today,
        "machine": this_machine().name,
        "plan": json.loads(overlay.read_text(encoding="utf-8")),
        "wall_minutes_last_start": round(minutes, 1),
        "cpu_minutes": round(json.loads((output / "minutes.json").read_text("utf-8")), 1),
        "steps": len(read_trace(output / "trace.jsonl")),
        "threads": torch.get_num_threads(),
        "metrics": read_evaluation(output),
        **{metric: by_class(cases(output, metric)) for metric in ("dice", "hd95", "assd")},
        "no_learning": by_class(atlas_dice(folder)),
    }
    tested = cases(output, "dice")
    masks = predict(source, work, output, list(tested))
    found["masks"] = by_class(draw_cases(source, masks, tested, ROOT / "docs" / "hippocampus.png"))
    write_json(result, found)
    return found


def finished(result: Path, today: dict[str, Any]) -> dict[str, Any]:
    """What a run has found that is done.

    Raises:
        SystemExit: it was trained by other settings than today's, or on other scans.
    """
    found = dict(json.loads(result.read_text(encoding="utf-8")))
    if any(found.get(key) != value for key, value in today.items()):
        raise SystemExit(f"{result}: of other settings or scans; remove its folder to train anew")
    return found


def predict(source: Path, work: Path, output: Path, names: list[str]) -> Path:
    """Masks of the test cases from their raw files, by ``inference.json``."""
    scans, masks = work / "test_scans", work / "masks"
    for name in names:
        file = f"{name}_0000.nii.gz"
        link(source / "imagesTr" / file, scans / file)
    places = {"dataset_dir": scans, "output_dir": masks, "postfix": ""}
    run_bundle(TASK, ["inference"], model=output / "model.pt", **places)
    return masks


def learn_pretext(bundle: str, folder: Path, work: Path) -> dict[str, Any]:
    """Pretrain without labels, evaluate, ask what is known, hand over."""
    output = work / bundle
    result, settings = output / "hippocampus.json", {**SHORT, **SMALL[bundle]}
    today = {"settings": settings, "scans": scans_of(folder), "recipe": recipe(bundle)}
    if result.is_file():
        return finished(result, today)
    found = {
        **today,
        **pretrain(bundle, settings, folder, output),
        "handed_over": hand_over(folder, work / f"after_{bundle}", output / "model.pt"),
    }
    write_json(result, found)
    return found


def pretrain(
    bundle: str, settings: dict[str, Any], folder: Path, output: Path, **more: Any
) -> dict[str, Any]:
    """Pretrain by a bundle's ``small.json`` and these keys, evaluate, ask what is known."""
    places = {"dataset_dir": folder, "output_dir": output, **more}
    with cpu_minutes(output / "minutes.json"):
        run_bundle(bundle, ["train", "small"], **settings, **places)
    run_bundle(bundle, ["train", "small", "evaluate"], **{**settings, **JUDGED}, **places)
    return {
        "cpu_minutes": round(json.loads((output / "minutes.json").read_text("utf-8")), 1),
        "steps": len(read_trace(output / "trace.jsonl")),
        "held_out": read_evaluation(output),
        "knows": probe_parts(folder, output / "model.pt"),
    }


def hand_over(folder: Path, output: Path, weights: Path) -> dict[str, list[int]]:
    """How many weights of each part an epoch of the task has taken over, of so many."""
    settings = {"crop_size": [40, 56, 40], "max_epochs": 1, "label_fraction": 0.1}
    places = {"dataset_dir": folder, "output_dir": output, "pretrained": weights}
    run_bundle(TASK, ["train"], **settings, **places)
    report = json.loads((output / "transfer.json").read_text(encoding="utf-8"))
    return {part["part"]: [len(part["loaded"]), part["entries"]] for part in report["parts"]}


def main() -> None:
    """Prepare, plan, train, evaluate, write."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--methods", nargs="*", default=METHODS)
    options.add_argument("--prepare_only", action="store_true")
    options.add_argument("--hours", type=float, default=2.0)
    options.add_argument("--work", type=Path, default=Path("runs/hippocampus"))
    options.add_argument("--output", type=Path, default=ROOT / "docs" / "hippocampus.json")
    arguments = options.parse_args()
    logging.disable(logging.WARNING)
    work = arguments.work.resolve()
    source, folder = stage(arguments.data, work / "Dataset004_Hippocampus"), work / "data"
    prepare_listed("nnunet", source, folder, patients=source / PATIENTS, **SPLIT)
    if arguments.prepare_only:
        return
    report = read_report(arguments.output)
    report["task"] = learn_task(folder, source, work, arguments.hours)
    write_json(arguments.output, {**report, "versions": versions()})
    for bundle in map(bundle_name, arguments.methods):
        report.setdefault("pretrained", {})[bundle] = learn_pretext(bundle, folder, work)
        write_json(arguments.output, {**report, "versions": versions()})
        print(bundle, report["pretrained"][bundle]["held_out"]["skill"], flush=True)
    write_page(report, ROOT / "docs" / "results.md")


def read_report(path: Path) -> dict[str, Any]:
    """What an earlier call found, empty where there was none."""
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}


if __name__ == "__main__":
    main()
