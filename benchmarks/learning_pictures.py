"""What trained pretraining networks answer on held-out crops, one picture for each method.

    python benchmarks/learning_pictures.py [--work DIR] [--seed 0] [--output docs/learning]

Reads the runs of ``learning.py``. Restored crops stand between what the network was given and what
it should restore; of embeddings the nearest second views are shown, partners framed; of classes and
puzzles what was asked and whether the answer was right.
"""

from __future__ import annotations

import argparse
import logging
import tempfile
from pathlib import Path
from typing import Any

import matplotlib as mpl
import torch
import torch.nn.functional as F  # noqa: N812
from ignite.engine import Events
from monai.bundle import ConfigWorkflow
from torch import Tensor

from learning import prepared
from medssl.metrics.puzzle import correct_parts
from pictures import slices
from real.runs import PLACE, ROOT
from recipe import PRECISION, held_out, spacing_of

mpl.use("Agg")
import matplotlib.pyplot as plt

SAMPLES, NEIGHBOURS = 5, 4
RIGHT, WRONG = "#1b7f5c", "#b5542c"


def answers(bundle: str, work: Path, seed: int, scratch: str) -> dict[str, Tensor]:
    """``image``, ``label`` and ``pred`` of all held-out crops of a run, which is left alone."""
    root = ROOT / "bundles" / bundle
    workflow = ConfigWorkflow(
        [str(root / "configs" / f"{name}.json") for name in ("train", "small", "evaluate")],
        workflow_type="train",
        logging_file=False,
        bundle_root=str(root),
        dataset_dir=str(prepared(work, spacing_of(bundle))),
        model=str(work / f"{bundle}_{seed}"),
        output_dir=scratch,
        seed=seed,
        **{**PLACE, **PRECISION, **held_out(bundle)},
    )
    workflow.initialize()
    evaluator = workflow.parser.get_parsed_content("validate#evaluator")
    kept: list[dict[str, Any]] = []
    evaluator.add_event_handler(
        Events.ITERATION_COMPLETED, lambda engine: kept.append(dict(engine.state.output))
    )
    evaluator.run()
    return {name: torch.cat([part[name] for part in kept]) for name in ("image", "label", "pred")}


def middle(volume: Tensor) -> Tensor:
    """Middle axial slice of ``(X, Y, Z)``, anterior up."""
    return slices(volume[None])[0].clamp(0, 1)


def show(axis: Any, image: Any, title: str = "", colour: str | None = None) -> None:
    """One panel, framed where a colour is given."""
    axis.imshow(image, cmap="gray", vmin=0, vmax=1)
    axis.set_xticks([])
    axis.set_yticks([])
    axis.set_title(title, fontsize=7, pad=2, color=colour or "black")
    for side in axis.spines.values():
        side.set(color=colour or "none", linewidth=2.5)


def panels(rows: int, columns: int) -> tuple[Any, Any]:
    """A figure of small panels."""
    return plt.subplots(rows, columns, figsize=(1.3 * columns, 1.45 * rows), squeeze=False)


def draw_restored(found: dict[str, Tensor], chosen: Tensor) -> Any:
    """Given, restored and wanted, a column for each crop."""
    figure, axes = panels(3, len(chosen))
    for row, (name, part) in zip(
        axes, (("given", "image"), ("restored", "pred"), ("wanted", "label")), strict=True
    ):
        for axis, crop in zip(row, found[part][chosen, 0], strict=True):
            show(axis, middle(crop), name)
    return figure


def draw_neighbours(found: dict[str, Tensor], chosen: Tensor) -> Any:
    """Each first view and the second views nearest to it, the partner framed."""
    first, second = F.normalize(found["pred"].unflatten(1, (2, -1)), dim=2).unbind(1)
    figure, axes = panels(len(chosen), 1 + NEIGHBOURS)
    for row, index in zip(axes, chosen.tolist(), strict=True):
        show(row[0], middle(found["image"][index, 0]), "view")
        nearest = (first[index] @ second.T).topk(NEIGHBOURS).indices.tolist()
        for axis, other in zip(row[1:], nearest, strict=True):
            mine = other == index
            title = "partner" if mine else "other"
            show(axis, middle(found["image"][other, 1]), title, RIGHT if mine else WRONG)
    return figure


def draw_classes(found: dict[str, Tensor], chosen: Tensor) -> Any:
    """All channels of each sample's input, with the class asked for and the one named."""
    channels = found["image"].shape[1]
    figure, axes = panels(channels, len(chosen))
    for column, index in zip(axes.T, chosen.tolist(), strict=True):
        truth, said = int(found["label"][index]), int(found["pred"][index].argmax())
        for axis, crop in zip(column, found["image"][index], strict=True):
            title = f"is {truth}, said {said}"
            show(axis, middle(crop), title, RIGHT if truth == said else WRONG)
    return figure


def draw_puzzles(found: dict[str, Tensor], chosen: Tensor) -> Any:
    """The eight shuffled cubes in two layers, with the share of each part answered rightly."""
    right = correct_parts(found["pred"], found["label"])
    figure, axes = panels(2, len(chosen))
    for column, index in zip(axes.T, chosen.tolist(), strict=True):
        cubes = [middle(cube) for cube in found["image"][index]]
        words = "order " + ("right" if right[index, 0] else "wrong")
        words += "".join(f", {share:.0%}" for share in right[index, 1:].tolist())
        for layer, axis in enumerate(column):
            # Cubes are numbered row-major over x, y, z; pictures have y upwards.
            rows = [[cubes[4 * x + 2 * y + layer] for x in (0, 1)] for y in (1, 0)]
            tiled = torch.cat([torch.cat(row, dim=1) for row in rows])
            show(axis, tiled, words, RIGHT if right[index, 0] else WRONG)
    return figure


def draw(bundle: str, found: dict[str, Tensor]) -> Any:
    """The picture of a method, by what it answers; crops are taken evenly from all scans."""
    chosen = torch.linspace(0, len(found["image"]) - 1, SAMPLES).long()
    if bundle in ("pretrain_jigsaw", "pretrain_rubiks_cube", "pretrain_rubiks_cube_plus"):
        return draw_puzzles(found, chosen)
    if found["label"].ndim == 5:
        return draw_restored(found, chosen)
    if found["label"].ndim == 1 and found["image"].shape[1] == 2 and "relative" not in bundle:
        if bundle == "pretrain_byol":  # predictions of both views, then the target's projections
            found = {**found, "pred": found["pred"].chunk(2, dim=1)[0]}
        return draw_neighbours(found, chosen)
    return draw_classes(found, chosen)


def main() -> None:
    """Draw every method whose run is finished."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--work", type=Path, default=Path("runs/learning"))
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--output", type=Path, default=Path("docs/learning"))
    arguments = options.parse_args()
    logging.disable(logging.WARNING)
    arguments.output.mkdir(parents=True, exist_ok=True)
    for run in sorted(arguments.work.resolve().glob(f"pretrain_*_{arguments.seed}/learning.json")):
        bundle = run.parent.name.rsplit("_", 1)[0]
        with tempfile.TemporaryDirectory() as scratch:
            found = answers(bundle, arguments.work.resolve(), arguments.seed, scratch)
        figure = draw(bundle, found)
        path = arguments.output / f"{bundle.removeprefix('pretrain_')}.png"
        figure.tight_layout(pad=0.4)
        figure.savefig(path, dpi=80)
        plt.close(figure)
        print(path, flush=True)


if __name__ == "__main__":
    main()
