"""The demo's one page: what was restored, what was segmented, and whether pretraining helped."""

from __future__ import annotations

import csv
import html
from pathlib import Path

import torch
from torch.utils.data import default_collate

from ..analysis import Estimate, cluster_bootstrap
from ..crops import CropDataset, ObjectCropDataset
from ..engines import apply_window, read_metrics, read_trace
from ..files import write_atomically
from ..networks import UNet3D
from ..store import load_datalist
from ..weights import load_exactly, read_weights
from . import figures
from .folders import Folders

ARMS = ("pretrained", "scratch")
Crop = tuple[int, int, int]
STYLE = """body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;
color:#222}table{border-collapse:collapse}td,th{padding:.3rem .9rem;border-bottom:1px solid #ccc;
text-align:right}td:first-child,th:first-child{text-align:left}img{max-width:100%}
.note{background:#fff6d6;padding:.6rem 1rem;border-radius:.4rem}"""


def load_network(model: Path, base_channels: int, activation: str = "none") -> UNet3D:
    """The U-Net of a bundle with its trained weights, ready for evaluation."""
    network = UNet3D(base_channels=base_channels, activation=activation)
    load_exactly(network, read_weights(model), model)
    return network.eval()


def read_cases(table: Path) -> dict[str, float]:
    """Metric by case from the CSV that the evaluation wrote."""
    with table.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.reader(stream))[1:]
    return {row[0]: float(row[-1]) for row in rows}


def compare(folders: Folders) -> dict[str, Estimate]:
    """Test dice of both arms and their paired difference, with intervals over scans."""
    cases = {arm: read_cases(folders.task(arm) / "dice_raw.csv") for arm in ARMS}
    names = list(cases["scratch"])
    scans = [name.rsplit("_", 1)[0] for name in names]
    values = {arm: [cases[arm][name] for name in names] for arm in ARMS}
    values["difference"] = [
        a - b for a, b in zip(values["pretrained"], values["scratch"], strict=True)
    ]
    return {name: cluster_bootstrap(figures_, scans) for name, figures_ in values.items()}


def verdict(difference: Estimate) -> str:
    """Say in words what the interval allows to say."""
    if difference.low > 0:
        return "Pretraining helped: the whole interval of the difference is above zero."
    if difference.high < 0:
        return "Pretraining hurt: the whole interval of the difference is below zero."
    return "No evidence of a gain or a loss: the interval of the difference includes zero."


def _restoration(folders: Folders, unlabelled: Path, base_channels: int, crop: Crop) -> str:
    network = load_network(folders.pretraining / "model.pt", base_channels, "sigmoid")
    crops = CropDataset(load_datalist(unlabelled, "validation", crop), crop, 4)
    batch = default_collate([crops[index] for index in range(min(3, len(crops)))])
    return figures.restoration(network, batch)


def _segmentation(folders: Folders, base_channels: int, crop: Crop) -> str:
    data = load_datalist(folders.labelled, "test", labelled=True)
    nodules = ObjectCropDataset(data, crop)
    item = max(
        (nodules[index] for index in range(len(nodules))), key=lambda n: int(n["label"].sum())
    )
    image = apply_window(item["image"], figures.HU_WINDOW)[None]
    masks = {}
    for arm in ARMS:
        network = load_network(folders.task(arm) / "model.pt", base_channels)
        with torch.no_grad():
            masks[arm] = network(image)[0, 0] > 0
    return figures.segmentation(item["image"][0], item["label"][0], masks, item["case"])


def _table(results: dict[str, Estimate]) -> str:
    labels = {
        "pretrained": "with the pretrained encoder and decoder",
        "scratch": "from scratch",
        "difference": "difference, paired by nodule",
    }
    rows = "".join(
        f"<tr><td>{labels[name]}</td><td>{value.mean:.3f}</td>"
        f"<td>{value.low:.3f} to {value.high:.3f}</td></tr>"
        for name, value in results.items()
    )
    return (
        "<table><tr><th>fine-tuning</th><th>mean dice</th><th>95 % interval</th></tr>"
        f"{rows}</table>"
    )


def write_report(
    folders: Folders, unlabelled: Path, base_channels: int, crop: Crop, own: bool
) -> Path:
    """Write ``report.html`` with embedded pictures and print the comparison.

    Args:
        folders: where the runs are.
        unlabelled: prepared folder of the pretraining.
        base_channels: width of the networks.
        crop: their crop, voxels.
        own: whether the unlabelled scans are the user's.
    """
    results = compare(folders)
    validation = {
        arm: {
            epoch: metrics["dice"]
            for epoch, metrics in read_metrics(folders.task(arm) / "trace.jsonl").items()
        }
        for arm in ARMS
    }
    trace = read_trace(folders.pretraining / "trace.jsonl")
    source = "your own scans" if own else "synthetic scans (a computed chest phantom)"
    sections = [
        f"<p class=note>Pretrained on {source}; fine-tuned and tested on <b>synthetic</b> "
        "nodules. The network is small and the runs are short: this page shows that the chain "
        "works, not how well a method does.</p>",
        "<h2>1. Restoration without labels</h2>"
        "<p>Held-out cubes, corrupted as Models Genesis does, and what the network makes of "
        f"them.</p><img src='{_restoration(folders, unlabelled, base_channels, crop)}'>"
        f"<br><img src='{figures.losses(trace, 'MSE')}'>",
        "<h2>2. Nodule segmentation with few labels</h2>"
        "<p>Yellow: truth. The largest test nodule.</p>"
        f"<img src='{_segmentation(folders, base_channels, crop)}'>"
        f"<br><img src='{figures.curves(validation, 'validation dice')}'>",
        f"<h2>3. Test scans</h2>{_table(results)}<p>{html.escape(verdict(results['difference']))}"
        " Intervals: 10,000 bootstrap draws of whole scans.</p>",
    ]
    page = (
        "<!doctype html><html lang=en><meta charset=utf-8><title>medssl demo</title>"
        f"<style>{STYLE}</style><h1>medssl demo</h1>{''.join(sections)}</html>\n"
    )
    target = folders.root / "report.html"
    write_atomically(target, lambda path: path.write_text(page, encoding="utf-8"))
    for name, value in results.items():
        print(f"  dice {name}: {value}")
    print(f"  {verdict(results['difference'])}")
    return target
