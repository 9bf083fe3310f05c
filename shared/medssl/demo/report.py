"""The demo's one page: what was learnt and whether it helped, first; then the pictures."""

from __future__ import annotations

import html
from pathlib import Path

import torch
from torch.utils.data import default_collate

from ..analysis.health.beside import ANSWERS, beside
from ..crops import CropDataset, ObjectCropDataset
from ..engines import apply_window, read_metrics
from ..files import write_text
from ..networks import UNet3D
from ..pages import document
from ..store import load_datalist
from ..weights import load_exactly, read_weights
from . import figures
from .effect import compare, has_helped, has_learnt, pretraining_metrics
from .folders import ARMS, SEEDS, Folders
from .tables import answers_table, effect_table

WIDTH = 8
Crop = tuple[int, int, int]


def load_network(model: Path, activation: str = "none") -> UNet3D:
    """The U-Net of a bundle with its trained weights, ready for evaluation."""
    network = UNet3D(base_channels=WIDTH, activation=activation)
    load_exactly(network, read_weights(model), model)
    return network.eval()


def _restoration(folders: Folders, unlabelled: Path, crop: Crop, rule: str) -> str:
    network = load_network(folders.pretraining / "model.pt", "sigmoid")
    data = load_datalist(unlabelled, "test", crop)
    crops = CropDataset(data, crop, 1, crop_rule=rule)
    batch = default_collate([crops[index] for index in range(min(4, len(crops)))])
    return figures.restoration(network, batch)


def _errors(folders: Folders) -> str:
    """Held-out error over the epochs, beside the answers that need no learning."""
    series: dict[str, dict[int, float]] = {}
    for epoch, metrics in read_metrics(folders.pretraining / "trace.jsonl").items():
        (row,) = (each for each in beside(metrics) if each.figure == "mse")
        values = {"the network": metrics["mse"]}
        values |= {ANSWERS[name]: value for name, value in row.answers.items()}
        for name, value in values.items():
            series.setdefault(name, {})[epoch] = value
    return figures.curves(series, "held-out error (MSE)")


def _segmentation(folders: Folders, crop: Crop) -> tuple[str, str]:
    """The picture of the largest test nodule, and its scan."""
    data = load_datalist(folders.labelled, "test", labelled=True)
    nodules = ObjectCropDataset(data, crop)
    item = max(
        (nodules[index] for index in range(len(nodules))), key=lambda n: int(n["label"].sum())
    )
    image = apply_window(item["image"], figures.HU_WINDOW)[None]
    masks = {}
    for arm in ARMS:
        network = load_network(folders.task(arm, SEEDS[0]) / "model.pt")
        with torch.no_grad():
            masks[arm] = network(image)[0, 0] > 0
    return figures.segmentation(item["image"][0], item["label"][0], masks), item["case"]


def _curves(folders: Folders) -> str:
    """Validation dice of each arm, the mean over its seeds."""
    series = {}
    for arm in ARMS:
        runs = [read_metrics(folders.task(arm, seed) / "trace.jsonl") for seed in SEEDS]
        series[arm] = {
            epoch: sum(run[epoch]["dice"] for run in runs) / len(runs) for epoch in runs[0]
        }
    return figures.curves(series, "validation dice, mean over the seeds")


def _image(source: str, words: str) -> str:
    return f"<p><img src='{source}' alt='{words}'></p>"


def write_report(folders: Folders, unlabelled: Path, crop: Crop, rule: str, own: bool) -> Path:
    """Write ``report.html`` with embedded pictures and print its verdicts.

    Args:
        folders: where the runs are.
        unlabelled: prepared folder of the pretraining.
        crop: crops of the networks, voxels.
        rule: crop rule of the pretraining.
        own: whether the unlabelled scans are the user's.
    """
    effect, metrics = compare(folders), pretraining_metrics(folders)
    verdicts = [has_learnt(metrics), has_helped(effect)]
    nodule, case = _segmentation(folders, crop)
    source = "your own scans" if own else "synthetic scans (a computed chest phantom)"
    sections = [
        "".join(f"<p class=verdict>{html.escape(verdict)}</p>" for verdict in verdicts),
        f"<p class=note>Pretrained on {source}; fine-tuned and tested on <b>synthetic</b> "
        "nodules. The network is small and the runs are short: this page shows that the chain "
        "works, not how well a method does.</p>",
        "<h2>1. Restoration without labels</h2>"
        "<p>Held-out cubes, one a scan, corrupted as Models Genesis does, and what the network "
        "makes of them.</p>"
        + _image(_restoration(folders, unlabelled, crop, rule), "Cubes: clean, corrupted, restored")
        + "<p>All held-out cubes, beside answers that need no learning:</p>"
        + answers_table(metrics)
        + _image(_errors(folders), "Held-out error over the epochs"),
        "<h2>2. Nodule segmentation with few labels</h2>"
        "<p>The largest test nodule, first seed. Yellow: truth; green: with pretraining; brown: "
        f"from scratch. <small>Scan {html.escape(case)}</small></p>"
        + _image(nodule, "A nodule, its outline and those of both networks")
        + _image(_curves(folders), "Validation dice over the epochs"),
        f"<h2>3. Test nodules</h2>{effect_table(effect)}<p>Each figure is the mean over "
        f"{len(SEEDS)} seeds. Intervals: 10,000 bootstrap draws of whole scans.</p>",
    ]
    page = document("medssl demo", "<h1>medssl demo</h1>" + "".join(sections))
    target = folders.root / "report.html"
    write_text(target, page)
    print("\n".join(f"  {verdict}" for verdict in verdicts))
    return target
