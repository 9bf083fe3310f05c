"""What label_fraction.py writes for people: intervals, a picture, a section of docs/results.md."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np

from medssl.analysis import cluster_bootstrap
from sections import write_between

mpl.use("Agg")
import matplotlib.pyplot as plt

FAMILIES = {
    "scratch": "from scratch",
    "pretrain_rotation": "rotation (predictive)",
    "pretrain_models_genesis": "Models Genesis (generative)",
    "pretrain_simclr": "SimCLR (contrastive)",
}
COLOURS = ("#222222", "#1f77b4", "#1b7f5c", "#b5542c")
Dice = Mapping[str, Mapping[str, float]]
Cell = dict[str, Any]


def summarise(dice: Dice, cases: Sequence[int], seeds: Sequence[int]) -> list[Cell]:
    """Each cell's mean dice and its difference to scratch, with intervals over test patients.

    A nodule's dice is the mean over the seeds first; the differences are paired by nodule and seed.

    Args:
        dice: of each run ``<start>_<cases>_<seed>`` the dice of each nodule ``<patient>_<number>``.
        cases: numbers of labelled cases.
        seeds: of the runs.
    """
    nodules = list(next(iter(dice.values())))
    patients = [name.rsplit("_", 1)[0] for name in nodules]

    def table(start: str, count: int) -> Any:
        runs = (dice[f"{start}_{count}_{seed}"] for seed in seeds)
        return np.array([[run[name] for name in nodules] for run in runs])

    def estimate(values: Any) -> dict[str, Any]:
        interval = asdict(cluster_bootstrap(values.mean(0), patients))
        return {**interval, "by_seed": values.mean(1).tolist()}

    cells = []
    for count in cases:
        scratch = table("scratch", count)
        for start in FAMILIES:
            values = table(start, count)
            cell = {"cases": count, "start": start, "dice": estimate(values)}
            if start != "scratch":
                cell["difference"] = estimate(values - scratch)
            cells.append(cell)
    return cells


def verdict(difference: Mapping[str, Any]) -> str:
    """What the interval and the seeds allow to say about a difference to scratch."""
    if difference["low"] <= 0 <= difference["high"]:
        return "no evidence of gain"
    sign = 1 if difference["low"] > 0 else -1
    if any(sign * value <= 0 for value in difference["by_seed"]):
        return "seeds disagree"
    return "gain" if sign > 0 else "loss"


def draw(cells: Sequence[Cell], target: Path) -> None:
    """Dice against labelled cases, a line for each start with the band of its interval."""
    figure, axis = plt.subplots(figsize=(6.4, 4.0))
    for (start, name), colour in zip(FAMILIES.items(), COLOURS, strict=True):
        row = [cell for cell in cells if cell["start"] == start]
        cases = [cell["cases"] for cell in row]
        low, mean, high = ([cell["dice"][k] for cell in row] for k in ("low", "mean", "high"))
        axis.plot(cases, mean, marker="o", color=colour, label=name)
        axis.fill_between(cases, low, high, color=colour, alpha=0.12, linewidth=0)
    axis.set_xscale("log")
    axis.set_xticks(cases, [str(count) for count in cases])
    axis.minorticks_off()
    axis.set_xlabel("labelled cases")
    axis.set_ylabel("dice of the test nodules (synthetic)")
    axis.grid(alpha=0.3)
    axis.legend(fontsize=8, loc="lower right")
    figure.savefig(target, dpi=100, bbox_inches="tight")
    plt.close(figure)


def write_section(report: Mapping[str, Any], page: Path) -> None:
    """Put the figures between the page's markers.

    Raises:
        SystemExit: the page lacks the markers.
    """
    template = Path(__file__).with_suffix(".md").read_text(encoding="utf-8")
    section = template.format(**_fields(report))
    write_between(page, "label fraction", section)


def _fields(report: Mapping[str, Any]) -> dict[str, Any]:
    cells = report["cells"]
    verdicts = [verdict(cell["difference"]) for cell in cells if "difference" in cell]
    crops: dict[int, list[int]] = {}
    for run in report["fine_tuning"].values():
        crops.setdefault(run["scans"], []).append(run["crops"])
    return {
        **{key: report[key] for key in ("minutes", "test_scans", "test_nodules")},
        "dice": _table(cells, lambda cell: _interval(cell["dice"], "")),
        "differences": _table([c for c in cells if "difference" in c], _difference),
        "pretraining": _pretraining(report["pretraining"]),
        "steps": _range([run["steps"] for run in report["fine_tuning"].values()]),
        "crops": ", ".join(_range(found) for _, found in sorted(crops.items())),
        "tally": ", ".join(f'{count} "{word}"' for word, count in Counter(verdicts).most_common()),
        "comparisons": len(verdicts),
    }


def _row(*entries: str) -> str:
    return f"| {' | '.join(entries)} |\n"


def _table(cells: Sequence[Cell], entry: Any) -> str:
    """One row for each start, one column for each number of cases."""
    rows: dict[str, list[str]] = {}
    for cell in cells:
        rows.setdefault(FAMILIES[cell["start"]], []).append(entry(cell))
    return "".join(_row(name, *entries) for name, entries in rows.items())


def _interval(estimate: Mapping[str, Any], sign: str) -> str:
    mean, low, high = (f"{estimate[key]:{sign}.3f}" for key in ("mean", "low", "high"))
    return f"{mean} [{low}, {high}]"


def _difference(cell: Cell) -> str:
    difference = cell["difference"]
    seeds = " ".join(f"{value:+.2f}" for value in difference["by_seed"])
    return f"{_interval(difference, '+')}; seeds {seeds}; {verdict(difference)}"


def _range(values: Sequence[float], form: str = "") -> str:
    low, high = (format(value, form) for value in (min(values), max(values)))
    return low if low == high else f"{low}-{high}"


def _pretraining(runs: Mapping[str, Any]) -> str:
    """One row for each method; a figure is the range over its seeds."""
    methods: dict[str, list[Any]] = {}
    for name, run in runs.items():
        methods.setdefault(name.rsplit("_", 1)[0], []).append(run)
    rows = ""
    for method, found in methods.items():
        name = next(iter(found[0]["metrics"][0]))
        loss = [[run[f"loss_{part}_fifth"] for run in found] for part in ("first", "last")]
        metric = [[run["metrics"][end][name] for run in found] for end in (0, -1)]
        pairs = (" -> ".join(_range(values, ".3g") for values in pair) for pair in (loss, metric))
        losses, metrics = pairs
        rows += _row(FAMILIES[method], str(found[0]["steps"]), losses, f"{name} {metrics}")
    return rows
