"""PCRL's learning rate for each of its losses, measured on the phantom.

    python benchmarks/pcrl_rates.py [--steps 150] [--seeds 0 1] [--output docs/pcrl_rates.json]

SGD multiplies a loss's weight and the learning rate, so each loss has a rate of its own:
``learning_rate * contrastive_weight`` and ``learning_rate * reconstruction_weight``. Each loss is
trained alone at several rates, then both together at the best pair and at the paper's. Both
stand beside their trivial answers. Stopped, it goes on.
"""

from __future__ import annotations

import argparse
import logging
from pathlib import Path
from typing import Any

from health import make_data, train
from medssl.analysis.bundles import find_bundles
from medssl.analysis.health.run_folder import read_run
from medssl.engines.identity import versions
from medssl.files import write_json

BUNDLE = "pretrain_pcrl"
RATES = (1e-3, 1e-2, 1e-1, 1.0)
PAPER = (1e-3, 1e-3)
HELD_OUT_CROPS = 64
MARGIN = 0.05  # of skill; less is within the noise of so short runs
SMALL: dict[str, Any] = {
    "base_channels": 4,
    "batch_size": 8,
    "num_workers": 0,
    "crop_size": [32, 32, 16],
    "crops_per_scan": 16,
    "queue_size": 512,
    "target_momentum": 0.99,
}


def run_at(
    rates: tuple[float, float], data: Path, work: Path, steps: int, seed: int
) -> dict[str, Any]:
    """Train at a rate of contrast and one of restoration; 0 leaves a loss out."""
    bundle = find_bundles(pattern=BUNDLE)[0]
    epochs = max(1, steps // (6 * SMALL["crops_per_scan"] // SMALL["batch_size"]))
    base = max(rates)
    output = work / f"contrast_{rates[0]:g}_restoration_{rates[1]:g}_seed_{seed}"
    settings: dict[str, Any] = {
        "learning_rate": base,
        "validate#dataset#crops_per_scan": HELD_OUT_CROPS,
        "contrastive_weight": rates[0] / base,
        "reconstruction_weight": rates[1] / base,
    }
    train(
        bundle, data, output, seed=seed, max_epochs=epochs, val_interval=epochs, **SMALL, **settings
    )
    run = read_run(output)
    names = ("skill", "mse", "mse_constant", "mse_own_mean", "retrieval_skill", "retrieval_top1")
    shown = {name: run.latest(name) for name in (*names, "retrieval_histogram", "spread")}
    rates_used = {"contrastive_rate": rates[0], "reconstruction_rate": rates[1]}
    return {**rates_used, "seed": seed, "steps": run.steps, **shown}


def best_of(rows: list[dict[str, Any]], key: str, figure: str, paper: float) -> float:
    """The rate of the largest mean figure; the paper's unless another is clearly better."""
    seeds = len(rows) // len(RATES)
    means = {rate: sum(row[figure] for row in rows if row[key] == rate) / seeds for rate in RATES}
    best = max(RATES, key=means.__getitem__)
    return best if means[best] > means[paper] + MARGIN else paper


def main() -> None:
    """Train, measure, print, write."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--steps", type=int, default=150)
    options.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    options.add_argument("--work", type=Path, default=Path("runs/pcrl_rates"))
    options.add_argument("--output", type=Path, default=Path("docs/pcrl_rates.json"))
    arguments = options.parse_args()
    logging.disable(logging.WARNING)
    work = arguments.work.resolve()
    data = work / "data"
    if not (data / "datalist.json").is_file():
        make_data(work)

    def run_all(rates: tuple[float, float]) -> list[dict[str, Any]]:
        rows = [run_at(rates, data, work, arguments.steps, seed) for seed in arguments.seeds]
        for row in rows:
            print(row, flush=True)
        return rows

    contrast = [row for rate in RATES for row in run_all((rate, 0.0))]
    restoration = [row for rate in RATES for row in run_all((0.0, rate))]
    chosen = (
        best_of(contrast, "contrastive_rate", "retrieval_skill", PAPER[0]),
        best_of(restoration, "reconstruction_rate", "skill", PAPER[1]),
    )
    both = [row for rates in (PAPER, chosen) for row in run_all(rates)]
    runs = {"contrast alone": contrast, "restoration alone": restoration, "both": both}
    write_json(
        arguments.output,
        {"chosen": chosen, "runs": runs, "settings": SMALL, "versions": versions()},
    )
    print(f"best rates: contrast {chosen[0]:g}, restoration {chosen[1]:g}; {arguments.output}")


if __name__ == "__main__":
    main()
