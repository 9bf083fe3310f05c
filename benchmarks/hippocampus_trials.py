"""Further settings of pretrainings on the hippocampus, asked what their encoders know.

    python benchmarks/hippocampus_trials.py [--work runs/hippocampus] [--trials NAME ...]
        [--seeds 0 1 2]

After ``hippocampus.py``, which prepared the scans there. All trials were written down before any of
them was run; each is judged by the questions that ``hippocampus.py`` asks, and so is the mean of
seeds. Writes docs/hippocampus_trials.json and a table in docs/results.md. Stopped, it goes on.
"""

from __future__ import annotations

import argparse
import logging
from pathlib import Path
from typing import Any

from hippocampus import CROP, PAIRS, SHORT, SMALL, finished, pretrain, read_report
from hippocampus_page import interval, row, told
from hippocampus_probe import probe_parts
from learning import scans_of
from medssl.engines.identity import versions
from medssl.files import write_json
from real.runs import ROOT
from recipe import recipe
from sections import write_between

_BARE = {**PAIRS, "intensity_rate": 0}  # grey values as they are: MR of one kind differ little
AGAIN = "again "  # names of trials that have the table's settings
TRIALS: dict[str, tuple[str, dict[str, Any]]] = {
    "ae long": ("pretrain_autoencoder", {**CROP, "batch_size": 8, "max_epochs": 40}),
    "ae 16": ("pretrain_autoencoder", {**PAIRS, "batch_size": 8, "max_epochs": 60}),
    "mg without skips": ("pretrain_models_genesis", {**PAIRS, "batch_size": 8, "max_epochs": 60}),
    "simclr grey": ("pretrain_simclr", {**_BARE, "max_epochs": 120}),
    "simclr apart": (
        "pretrain_simclr",
        {**_BARE, "max_epochs": 120, "train#dataloader#together": 1},
    ),
    "byol grey": ("pretrain_byol", {**_BARE, "max_epochs": 60}),
    # Settings of the table above with more seeds: those that take a few minutes each.
    **{
        f"{AGAIN}{bundle.removeprefix('pretrain_')}": (bundle, SMALL[bundle])
        for bundle in (
            "pretrain_autoencoder",
            "pretrain_jigsaw",
            "pretrain_relative_patch_location",
            "pretrain_rotation",
            "pretrain_rubiks_cube",
            "pretrain_rubiks_cube_plus",
        )
    },
}


def settings_of(trial: str) -> dict[str, Any]:
    """All keys of a trial beside its bundle's ``small.json``."""
    return {**SHORT, **TRIALS[trial][1]}


def place(trial: str, seed: int, work: Path) -> Path:
    """Folder of a run."""
    return work / f"trial_{trial.replace(' ', '_')}_{seed}"


def try_out(trial: str, seed: int, folder: Path, work: Path) -> dict[str, Any]:
    """Pretrain without labels, evaluate, ask what is known."""
    output, bundle = place(trial, seed, work), TRIALS[trial][0]
    result, settings = output / "trial.json", settings_of(trial)
    today = {"settings": settings, "scans": scans_of(folder), "seed": seed}
    today["recipe"] = recipe(bundle)
    if result.is_file():
        return finished(result, today)
    found = {**today, **pretrain(bundle, settings, folder, output, seed=seed)}
    write_json(result, found)
    return found


def mean_of_seeds(runs: list[dict[str, Any]], models: list[Path], folder: Path) -> dict[str, Any]:
    """What a trial's seeds know on average, of those whose weights lie here; empty for one."""
    here = [
        (run["seed"], model) for run, model in zip(runs, models, strict=True) if model.is_file()
    ]
    if len(here) < 2:
        return {}
    seeds, weights = zip(*here, strict=True)
    return {"seeds": list(seeds), "knows": probe_parts(folder, *weights)}


def rows(report: dict[str, Any]) -> str:
    """A line for each trial and seed that was run."""
    lines = ""
    for trial in TRIALS:
        for run in report.get("trials", {}).get(trial, []):
            held = run["held_out"]
            skill = interval([held["skill"], held["skill_low"], held["skill_high"]])
            cells = (*_named(trial), run["seed"], run["steps"], run["cpu_minutes"], skill)
            lines += row(*cells, *_known(run))
        mean = report.get("means", {}).get(trial)
        if mean:
            seeds = f"mean of {', '.join(map(str, mean['seeds']))}"
            lines += row(_named(trial)[0], "", seeds, "", "", "", *_known(mean))
    return lines


def section(report: dict[str, Any]) -> str:
    """The section's text."""
    template = Path(__file__).with_suffix(".md").read_text(encoding="utf-8")
    left = [trial for trial in TRIALS if trial not in report.get("trials", {})]
    words = ", ".join("{} ({})".format(*_named(trial)) for trial in left)
    missing = f"Written down and not run: {words}.\n" if left else ""
    return template.format(trials=rows(report), missing=missing)


def _known(run: dict[str, Any]) -> list[str]:
    """What an encoder knows of each question."""
    answers = run["knows"]["answers"]
    return [told(answers[question]["linear"]) for question in ("part", "end")]


def _named(trial: str) -> tuple[str, str]:
    """Its method, and the keys that it sets."""
    bundle, own = TRIALS[trial]
    said = ", ".join(f"`{key}` {value}" for key, value in own.items())
    return bundle.removeprefix("pretrain_").replace("_", " "), said


def main() -> None:
    """Try, write."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--work", type=Path, default=Path("runs/hippocampus"))
    options.add_argument("--trials", nargs="*", default=list(TRIALS), choices=list(TRIALS))
    options.add_argument("--seeds", type=int, nargs="+", default=[0])
    options.add_argument("--output", type=Path, default=ROOT / "docs" / "hippocampus_trials.json")
    arguments = options.parse_args()
    logging.disable(logging.WARNING)
    work = arguments.work.resolve()
    folder, report = work / "data", read_report(arguments.output)
    for trial in arguments.trials:
        for seed in arguments.seeds:
            found = try_out(trial, seed, folder, work)
            others = [r for r in report.get("trials", {}).get(trial, []) if r["seed"] != seed]
            ordered = sorted([*others, found], key=lambda run: int(run["seed"]))
            report.setdefault("trials", {})[trial] = ordered
            write_json(arguments.output, {**report, "versions": versions()})
            print(trial, seed, rows({"trials": {trial: [found]}}), flush=True)
        models = [place(trial, run["seed"], work) / "model.pt" for run in ordered]
        report.setdefault("means", {})[trial] = mean_of_seeds(ordered, models, folder)
        write_json(arguments.output, {**report, "versions": versions()})
    write_between(ROOT / "docs" / "results.md", "hippocampus trials", section(report))


if __name__ == "__main__":
    main()
