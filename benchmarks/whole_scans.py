"""Whole scans by a sliding window: how many forwards, how long, and how good.

    python benchmarks/whole_scans.py --data DIR [--work runs/whole_scans]

DIR holds `chest/slicerio_ctchest` and `abdomen/chaos_ct`, each with `ct.nii.gz` and its outlines.
Small networks, one by seed, are trained on each scan and segment the same one: ways to slide are
compared, not networks. Ways take turns, beside them MONAI's own, whose output must be the same.
Writes docs/benchmarks_whole_scans.json and docs/benchmarks.md. Stopped, it goes on.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import torch
from monai.inferers import SlidingWindowInferer
from torch import Tensor

from bench_page import read_report, write_report
from medssl.crops import LabelledScans, WindowRule
from medssl.engines import AutocastSlidingWindowInferer, Trained, apply_window
from medssl.engines.window_plan import WindowPlan
from medssl.files import write_json
from medssl.metrics.segmentation import overlap
from medssl.networks import UNet3D
from medssl.store import load_datalist
from medssl.transforms import ClassNumbersd, Probabilitiesd
from medssl.weights import read_weights
from provenance import provenance
from real.data import SPLITS, link, prepare
from real.runs import ROOT, WIDTH, train

BUNDLE = "volume_segmentation"
MM, SIDE = 4.0, 24
TRAINING = {
    **{"crop_size": [SIDE] * 3, "batch_size": 4, "crops_per_scan": 40, "max_epochs": 30},
    **{"val_interval": 15, "augmentation": "none", "learning_rate": 0.005},
}


class Scan(NamedTuple):
    """A scan, its outlines, and what of them is learnt."""

    folder: str
    labels: str
    classes: list[list[int]]
    window: list[int]


SCANS = {
    "chest": Scan("chest/slicerio_ctchest", "seg.nii.gz", [[5, 6], [2, 3, 4]], [-1000, 1000]),
    "abdomen": Scan("abdomen/chaos_ct", "liver.nii.gz", [[1]], [-200, 200]),
}
CUBE, PLANE = (SIDE,) * 3, (0, 0, 16)


class Way(NamedTuple):
    """How to slide: the window, its overlap, how windows are weighted, which run."""

    roi: tuple[int, int, int]
    overlap: float
    mode: str
    rule: str


WAYS = [
    *(Way(CUBE, overlap, "gaussian", "any") for overlap in (0.5, 0.25)),
    Way(CUBE, 0.5, "constant", "any"),
    *(Way(CUBE, overlap, "gaussian", "body") for overlap in (0.5, 0.3, 0.25, 0.125, 0.0)),
    Way(CUBE, 0.25, "constant", "body"),
    *(Way(PLANE, overlap, "constant", "any") for overlap in (0.5, 0.25, 0.0)),
    Way(PLANE, 0.25, "gaussian", "any"),
]
PEERS = WAYS[:2]  # what MONAI's SlidingWindowInferer does, too
# What the tasks' bundles do: scan, rule, spacing (mm) and window.
BUNDLES = [
    ("volume_segmentation", ("chest", "body", 1.0, (96, 96, 96))),
    ("volume_segmentation", ("abdomen", "body", 1.0, (96, 96, 96))),
    ("liver_ct_segmentation", ("abdomen", "body", 2.0, (0, 0, 32))),
    ("liver_tumor_ct_segmentation", ("abdomen", "body", 2.0, (160, 160, 32))),
    ("lung_nodule_ct_segmentation", ("chest", "lung", 1.0, (64, 64, 32))),
]


class Counting(torch.nn.Module):
    """A network that counts windows and voxels."""

    def __init__(self, network: torch.nn.Module) -> None:
        super().__init__()
        self.network = network
        self.windows = self.voxels = 0

    def forward(self, windows: Tensor) -> Tensor:
        """The network's output."""
        self.windows += len(windows)
        self.voxels += windows[:, 0].numel()
        return torch.as_tensor(self.network(windows))


def prepared(scan: Scan, data: Path, work: Path, mm: float = MM) -> Path:
    """The scan at a voxel size, in all three splits of one data list."""
    for kind, file in (("images", "ct.nii.gz"), ("labels", scan.labels)):
        link(data / scan.folder / file, work / "staged" / kind / "scan.nii.gz")
    every = {split: ["scan"] for split in SPLITS}
    return prepare(work / "staged", work / f"data_{mm:g}mm", mm, **every)


def inferer(way: Way, scan: Scan) -> AutocastSlidingWindowInferer:
    """As the bundle builds it."""
    rule = WindowRule(way.rule, scan.window)
    options = {"roi_size": way.roi, "overlap": way.overlap, "mode": way.mode, "sw_batch_size": 4}
    return AutocastSlidingWindowInferer(rule=rule, classes=scan.classes, **options)


def check_equal(found: Tensor, image: Tensor, network: Counting, way: Way) -> float:
    """CPU seconds of MONAI's own, whose output it has to be where all windows run.

    Raises:
        SystemExit: it is not.
    """
    options = {"overlap": way.overlap, "mode": way.mode, "sw_batch_size": 4}
    started = time.process_time()
    expected = SlidingWindowInferer(way.roi, **options)(image, network)
    seconds = time.process_time() - started
    if not torch.equal(found, expected):
        raise SystemExit(f"whole_scans: {way} differs from MONAI's SlidingWindowInferer")
    return seconds


def dice(logits: Tensor, label: Tensor, scan: Scan) -> list[float]:
    """Of each class."""
    both = (Probabilitiesd("pred", scan.classes), ClassNumbersd("pred", scan.classes))
    numbers = both[1](both[0]({"pred": logits}))["pred"]
    numbered = range(1, len(scan.classes) + 1)
    return [float(value) for value in overlap("dice", numbers, label, numbered)[0]]


def network_of(run: Path) -> Counting:
    """What a run has trained."""
    trained = Trained(run)
    width, outputs = trained["base_channels"], trained["out_channels"]
    network = Counting(UNet3D(out_channels=outputs, base_channels=width).eval())
    network.network.load_state_dict(read_weights(run / "model.pt"))
    return network


def compare(scan: Scan, folder: Path, runs: list[Path]) -> dict[str, Any]:
    """Ways in turns on one scan: forwards, CPU seconds (median of the networks), dice of each."""
    item = LabelledScans(load_datalist(folder, "test", labelled=True), scan.classes)[0]
    image, label = apply_window(item["image"][None], scan.window), item["label"][None]
    rows: dict[Way, dict[str, Any]] = {}
    seconds: dict[Way, list[list[float]]] = {way: [[], []] for way in WAYS}
    found: dict[Way, list[list[float]]] = {way: [] for way in WAYS}
    with torch.inference_mode():
        for network, way in product(map(network_of, runs), WAYS):
            network.windows = network.voxels = 0
            started = time.process_time()
            logits = inferer(way, scan)(image, network)
            seconds[way][0].append(time.process_time() - started)
            counts = {"windows": network.windows, "voxels": network.voxels}
            found[way].append(dice(logits, label, scan))
            rows[way] = {**way._asdict(), **counts, "dice": found[way]}
            if way in PEERS:
                seconds[way][1].append(check_equal(logits, image, network, way))
    for way, (own, monai) in seconds.items():
        rows[way] |= {"cpu_s": statistics.median(own)}
        rows[way] |= {"monai_cpu_s": statistics.median(monai) if monai else None}
    return {"voxels": list(image.shape[2:]), "rows": list(rows.values())}


def count(data: Path, work: Path) -> Iterator[dict[str, Any]]:
    """Windows of the tasks' bundles at their own voxel and window size, before and now."""
    for bundle, (name, rule, mm, roi) in BUNDLES:
        scan = SCANS[name]
        config = json.loads(
            (ROOT / "bundles" / bundle / "configs" / "inference.json").read_text("utf-8")
        )
        own = {**config["trained"]["default"], **config}["overlap"]
        own = own if isinstance(own, float) else config["trained"]["default"]["overlap"]
        folder = prepared(scan, data, work / name, mm)
        hu = LabelledScans(load_datalist(folder, "test", labelled=True), scan.classes)[0]["image"]
        window = config["trained"]["default"]["window"]
        blocks = WindowRule(rule, window).blocks(apply_window(hu, window))
        size = [n or side for n, side in zip(roi, hu.shape[1:], strict=True)]
        before = WindowPlan(hu.shape[1:], size, 0.5, [None]).count
        now = [WindowPlan(hu.shape[1:], size, own, [each]).count for each in (None, blocks)]
        row = {"bundle": bundle, "scan": name, "rule": rule, "overlap": own, "window": roi}
        yield {**row, "before": before, "all": now[0], "now": now[1]}


def main() -> None:
    """Train, compare, count, write."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--work", type=Path, default=ROOT / "runs" / "whole_scans")
    options.add_argument("--networks", type=int, default=5, help="of each scan, by seed")
    arguments = options.parse_args()
    data, work = arguments.data.resolve(), arguments.work.resolve()
    report = provenance()
    report |= {"mm": MM, "width": WIDTH, "networks": arguments.networks, "scans": {}}
    for name, scan in SCANS.items():
        folder, runs = prepared(scan, data, work / name), []
        for seed in range(arguments.networks):
            runs.append(work / name / f"run{seed}")
            settings = {**TRAINING, "classes": scan.classes, "window": scan.window, "seed": seed}
            train(BUNDLE, folder, runs[-1], **settings)
        report["scans"][name] = compare(scan, folder, runs)
    report["bundles"] = list(count(data, work))
    write_json(ROOT / "docs" / "benchmarks_whole_scans.json", report)
    speed = ROOT / "docs" / "benchmarks.json"
    write_report(read_report(speed), speed)


if __name__ == "__main__":
    main()
