"""The tasks' bundles, small and short, on real CT.

    python benchmarks/real_tasks.py --data DIR [--work runs/real_tasks]

DIR holds `abdomen/<scan>/ct.nii.gz` and `chest/<scan>/ct.nii.gz`, the masks `liver.nii.gz` of
abdomen/chaos_ct and `nodules.nii.gz` of chest/lidc_0001 and chest/lidc_0003_slab, and LUNA16's
tables in `tables`. Writes docs/results_real_tasks.json, docs/real_liver.png and a section of
docs/results.md. Stopped, it goes on.
"""

from __future__ import annotations

import argparse
import time
from itertools import permutations
from pathlib import Path
from typing import Any

from medssl.engines.identity import versions
from medssl.files import write_json
from real.data import deal, prepare, read_probabilities, stage, write_tables
from real.page import draw_liver, write_section
from real.runs import ROOT, compare_masks, evaluate, infer, train

LCS, NCS, NCC = (
    "liver_ct_segmentation",
    "lung_nodule_ct_segmentation",
    "lung_nodule_ct_classification",
)
LIDC = {
    "1.3.6.1.4.1.14519.5.2.1.6279.6001.179049373636438705059720603192": "chest/lidc_0001",
    "1.3.6.1.4.1.14519.5.2.1.6279.6001.170706757615202213033480003264": "chest/lidc_0003_slab",
}
UNLABELLED = {
    name: f"{part}/{name}"
    for part, names in {
        "abdomen": ("crlm_1006", "crlm_1004", "tcga_lihc_a10w", "cptac_pda_c3l00189"),
        "chest": ("lidc_0001", "cmb_crc_01068", "acrin_flt_013", "pyradiomics_lung1"),
    }.items()
    for name in names
}
LIVER_MM = 4.0
CUBE = {"crop_size": [32, 32, 32]}
LIVER_GENESIS = {"max_epochs": 4, "val_interval": 4, "crops_per_scan": 20, "batch_size": 4, **CUBE}
LIVER = {
    **{"max_epochs": 12, "val_interval": 4, "crops_per_scan": 20, "batch_size": 2},
    **{"crop_size": [48, 48, 32], "class_rates": [0.5]},
}
NODULE = {"max_epochs": 100, "val_interval": 20, "learning_rate": 0.005, **CUBE}
CANDIDATES = {"max_epochs": 20, "val_interval": 20, "batch_size": 8, **CUBE}


def liver(data: Path, work: Path) -> dict[str, Any]:
    """Fine-tune on one scan from scratch and from weights, segment it in its own grid, draw it."""
    scan = "chaos_ct"
    staged = stage(data, work / "staged_liver", {scan: "abdomen/chaos_ct"}, "liver.nii.gz")
    every = {split: [scan] for split in ("training", "validation", "test")}
    listing = prepare(staged, work / "liver", LIVER_MM, **every)
    others = stage(data, work / "staged_unlabelled", UNLABELLED)
    first, *rest = UNLABELLED
    unlabelled = prepare(others, work / "unlabelled", LIVER_MM, training=rest, validation=[first])
    source = work / "genesis"
    pretraining = train("pretrain_models_genesis", unlabelled, source, **LIVER_GENESIS)
    report: dict[str, Any] = {"pretraining": pretraining}
    image, truth = (staged / kind / f"{scan}.nii.gz" for kind in ("images", "labels"))
    for arm, weights in {"scratch": {}, "pretrained": {"pretrained": source / "model.pt"}}.items():
        output = work / f"liver_{arm}"
        trained = train(LCS, listing, output, **LIVER, **weights)
        figures = evaluate(LCS, listing, output, allow_overlap=True)  # one scan, all splits
        written = infer(LCS, image, output)
        written /= f"{scan}_seg.nii.gz"
        report[arm] = {**trained, **figures, "dice_in_own_grid": compare_masks(written, truth)}
    draw_liver(image, truth, written, ROOT / "docs" / "real_liver.png")
    return report


def nodules(data: Path, work: Path) -> dict[str, Any]:
    """Segment and classify, trained on one scan and tested on the other, both ways."""
    staged = stage(data, work / "staged_lidc", LIDC, "nodules.nii.gz")
    everything = prepare(staged, work / "lidc", 1.0, training=list(LIDC))
    tables = work / "tables"
    report: dict[str, Any] = {"tables": write_tables(data / "tables", everything, tables)}
    for learned, tested in permutations(LIDC):
        name = LIDC[tested].split("/")[1]
        splits = {"training": [learned], "validation": [learned], "test": [tested]}
        listing = deal(work / "lidc", work / f"lidc_test_{name}", **splits)
        image, mask = (staged / kind / f"{tested}.nii.gz" for kind in ("images", "labels"))
        report[name] = {
            "segmentation": segment_nodule(listing, tables, image, mask, work / f"ncs_{name}"),
            "classification": classify(listing, tables, image, work / f"ncc_{name}"),
        }
    return report


def segment_nodule(
    listing: Path, tables: Path, image: Path, mask: Path, output: Path
) -> dict[str, Any]:
    """Train, evaluate on the crop, and segment around LUNA16's point in the scan's own grid."""
    trained = train(NCS, listing, output, **NODULE)
    figures = evaluate(NCS, listing, output, **CUBE)
    written = infer(NCS, image, output, points=tables / "annotations.csv", **CUBE)
    own = compare_masks(written / image.name.replace(".nii", "_seg.nii"), mask)
    return {**trained, **figures, "dice_in_own_grid": own}


def classify(listing: Path, tables: Path, image: Path, output: Path) -> dict[str, Any]:
    """Train, evaluate, and judge the same candidates in the scan as it came."""
    candidates, annotations = tables / "candidates.csv", tables / "annotations.csv"
    trained = train(NCC, listing, output, candidates=candidates, **CANDIDATES)
    figures = evaluate(NCC, listing, output, candidates=candidates, annotations=annotations, **CUBE)
    judged = infer(NCC, image, output, candidates=candidates, **CUBE) / "candidates.csv"
    here, there = read_probabilities(output / "candidates.csv"), read_probabilities(judged)
    comparison = {
        "probabilities": [min(here.values()), max(here.values())],
        "largest_difference_of_inference": max(abs(here[key] - there[key]) for key in here | there),
    }
    return {**trained, **figures, **comparison}


def main() -> None:
    """Run all, write the figures, the picture and the page."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--work", type=Path, default=ROOT / "runs" / "real_tasks")
    arguments = options.parse_args()
    data, work = arguments.data.resolve(), arguments.work.resolve()
    needed = {"abdomen/chaos_ct", "tables", *LIDC.values(), *UNLABELLED.values()}
    missing = sorted(name for name in needed if not (data / name).is_dir())
    if missing:
        print(f"real-tasks: skipped, {data} lacks {', '.join(missing)}")
        return
    started = time.monotonic()
    report = {
        "date": time.strftime("%Y-%m-%d"),
        "versions": versions(),
        "liver": liver(data, work),
        "nodules": nodules(data, work),
        "minutes": (time.monotonic() - started) / 60,
    }
    write_json(ROOT / "docs" / "results_real_tasks.json", report)
    write_section(report, ROOT / "docs" / "results.md")


if __name__ == "__main__":
    main()
