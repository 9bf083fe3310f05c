"""The section on the hippocampus in docs/results.md, of ``docs/hippocampus.json``.

python benchmarks/hippocampus_page.py
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from medssl.analysis.health.beside import hardest, named
from real.runs import ROOT
from sections import write_between

PARTS = ("anterior", "posterior", "both")


def interval(values: list[float], digits: int = 3) -> str:
    """A figure with its interval."""
    mean, low, high = (f"{value:.{digits}f}" for value in values)
    return f"{mean} [{low}, {high}]"


def row(*cells: object) -> str:
    """A line of a table."""
    return f"| {' | '.join(map(str, cells))} |\n"


def task_rows(task: dict[str, Any]) -> str:
    """What the network and the usual place reach."""
    lines = [
        ("dice", task["dice"], 3),
        ("dice of the masks, read back from their files", task["masks"], 3),
        ("95th percentile of the surfaces' distances, mm", task["hd95"], 2),
        ("average distance of the surfaces, mm", task["assd"], 2),
        ("without learning: dice of the usual place", task["no_learning"], 3),
    ]
    return "".join(row(name, *(interval(v[p], d) for p in PARTS)) for name, v, d in lines)


def plan_rows(plan: dict[str, Any]) -> str:
    """The plan's settings and reasons."""
    reasons = plan["_reasons_"]
    return "".join(row(f"`{key}`", plan[key], why) for key, why in reasons.items())


def method_rows(report: dict[str, Any]) -> str:
    """Each pretraining beside what needs no learning, and what a hand-over gave."""
    lines = ""
    for bundle, run in sorted(report.get("pretrained", {}).items()):
        held = run["held_out"]
        answer = named(hardest(held))
        skill = interval([held["skill"], held["skill_low"], held["skill_high"]])
        name = bundle.removeprefix("pretrain_").replace("_", " ")
        known = [told(run["knows"]["answers"][question]["linear"]) for question in ("part", "end")]
        lines += row(name, run["steps"], run["cpu_minutes"], answer, skill, *known)
    return lines


def told(answer: dict[str, list[float]]) -> str:
    """A score, and how much it lies above that of untrained networks."""
    over, low, high = answer["over_untrained"]
    return f"{answer['ours'][0]:.2f}, {over:+.2f} [{low:+.2f}, {high:+.2f}]"


def section(report: dict[str, Any]) -> str:
    """The section's text."""
    task = report["task"]
    template = Path(__file__).with_suffix(".md").read_text(encoding="utf-8")
    return template.format(
        plan=plan_rows(task["plan"]),
        task=task_rows(task),
        steps=task["steps"],
        minutes=task["cpu_minutes"],
        hours=task["hours"],
        machine=task["machine"],
        threads=task["threads"],
        methods=method_rows(report),
    )


def write_page(report: dict[str, Any], page: Path) -> None:
    """Put the section between the page's markers."""
    write_between(page, "hippocampus", section(report))


if __name__ == "__main__":
    content = json.loads((ROOT / "docs" / "hippocampus.json").read_text(encoding="utf-8"))
    write_page(content, ROOT / "docs" / "results.md")
