"""How each method's skill on validation scans grew: a panel for each, a line for each seed.

python benchmarks/learning_curves.py [--runs docs/learning.json] [--output docs/learning/curves.png]
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.figure import Figure

COLUMNS, TRIVIAL = 5, "#b5542c"


def curve(run: Mapping[str, Any]) -> tuple[list[int], list[float]]:
    """Epochs and skills of a run's validations."""
    known = {int(epoch): float(skill) for epoch, skill in run["validation_skill"].items()}
    epochs = sorted(known)
    return epochs, [known[epoch] for epoch in epochs]


def draw(runs: Mapping[str, Sequence[Mapping[str, Any]]]) -> Figure:
    """Skill over epochs; 0 is the best answer that needs no learning."""
    rows = -(-len(runs) // COLUMNS)
    size = (3 * COLUMNS, 2.4 * rows)
    figure, axes = plt.subplots(rows, COLUMNS, figsize=size, squeeze=False, layout="constrained")
    for place, (bundle, seeds) in zip(axes.flat, runs.items(), strict=False):
        place.axhline(0, color=TRIVIAL, linestyle="--", linewidth=1)
        for run in seeds:
            place.plot(*curve(run), marker=".", label=f"seed {run['seed']}")
        place.set_title(bundle.removeprefix("pretrain_").replace("_", " "))
        place.set_xlabel("epochs")
    for place in axes.flat[len(runs) :]:
        place.set_axis_off()
    for place in axes[:, 0]:
        place.set_ylabel("skill on validation scans")
    axes.flat[0].legend()
    return figure


def main() -> None:
    """Draw what ``learning.py`` has found."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=Path, default=Path("docs/learning.json"))
    options.add_argument("--output", type=Path, default=Path("docs/learning/curves.png"))
    arguments = options.parse_args()
    runs = json.loads(arguments.runs.read_text(encoding="utf-8"))["runs"]
    draw(runs).savefig(arguments.output, dpi=70, metadata={"Software": None})
    print(arguments.output)


if __name__ == "__main__":
    main()
