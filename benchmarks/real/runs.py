"""Bundles run in this process: training, evaluation, inference, and what each left behind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import torch
from monai.bundle import run

from medssl.engines import read_metrics, read_trace
from medssl.engines.evaluation import read_evaluation
from medssl.paths import as_written

from .data import link

ROOT = Path(__file__).resolve().parents[2]
WIDTH = 8  # base_channels; of trained networks their provenance.json says so
PLACE: dict[str, Any] = {"num_workers": 0, "device": torch.device("cpu")}


def run_bundle(bundle: str, configs: list[str], **overrides: Any) -> None:
    """Run a bundle's configs in this process, keys that they lack left out."""
    root = ROOT / "bundles" / bundle
    files = [root / "configs" / f"{config}.json" for config in configs]
    known = set().union(*(json.loads(file.read_text(encoding="utf-8")) for file in files))
    given = {"bundle_root": root, **PLACE, **overrides}
    run(
        config_file=[str(file) for file in files],
        logging_file=False,
        **{
            key: as_written(key, str(value) if isinstance(value, Path) else value)
            for key, value in given.items()
            if key in known
        },
    )


def train(bundle: str, data: Path, output: Path, **overrides: Any) -> dict[str, Any]:
    """Train and say how the loss and the validation's metrics went."""
    places = {"dataset_dir": data, "output_dir": output}
    run_bundle(bundle, ["train"], **{"base_channels": WIDTH, **places, **overrides})
    losses = list(read_trace(output / "trace.jsonl").values())
    fifth = max(1, len(losses) // 5)
    return {
        "steps": len(losses),
        "loss_first_fifth": sum(losses[:fifth]) / fifth,
        "loss_last_fifth": sum(losses[-fifth:]) / fifth,
        "metrics": list(read_metrics(output / "trace.jsonl").values()),
    }


def evaluate(bundle: str, data: Path, output: Path, **overrides: Any) -> dict[str, Any]:
    """Evaluate on the test split; the metrics that the bundle wrote."""
    both = ["train", "evaluate"]
    run_bundle(bundle, both, dataset_dir=data, output_dir=output, **overrides)
    return read_evaluation(output)


def infer(bundle: str, scan: Path, run_dir: Path, **overrides: Any) -> Path:
    """Run the inference of a trained run on one scan; the folder it writes."""
    places = {"dataset_dir": run_dir / "scan", "output_dir": run_dir / "inference"}
    link(scan, places["dataset_dir"] / scan.name)
    run_bundle(bundle, ["inference"], model=run_dir / "model.pt", **places, **overrides)
    return places["output_dir"]


def compare_masks(written: Path, truth: Path) -> float:
    """Dice of two masks in the same grid.

    Raises:
        SystemExit: the grids differ.
    """
    one, other = nib.load(written), nib.load(truth)
    if one.shape != other.shape or not np.allclose(one.affine, other.affine, atol=1e-3):
        raise SystemExit(f"{written}: not in the grid of {truth}")
    found, wanted = np.asarray(one.dataobj) > 0, np.asarray(other.dataobj) > 0
    return float(2 * (found & wanted).sum() / (found.sum() + wanted.sum()))
