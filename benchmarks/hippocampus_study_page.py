"""The section on the study of the hippocampus in docs/results.md.

python benchmarks/hippocampus_study_page.py
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from medssl.study.tables.frame import BASELINE
from real.runs import ROOT
from sections import write_between

Record = Mapping[str, Any]


def curve_rows(records: list[Record]) -> str:
    """Each start: the area with its test, then the dice at each number of labels."""
    columns = list(dict.fromkeys(r["column"] for r in records))
    dices = [name for name in columns if " rank " not in name]
    title = ["start", *(name.removeprefix("parts dice, ") for name in dices), "p (Holm)", "verdict"]
    lines = [title, ["---"] * len(title)]
    for start in dict.fromkeys(r["row"] for r in records):
        own = {r["column"]: r for r in records if r["row"] == start}
        area = own[dices[0]]
        p = "" if area["p_adjusted"] is None else f"{area['p_adjusted']:.3f}"
        lines.append([start, *(cell(own[name]) for name in dices), p, area["verdict"]])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def cell(record: Record) -> str:
    """The mean of the baseline, of others the difference from it with its interval."""
    if record["verdict"] == BASELINE or record["difference"] is None:
        return f"{record['mean']:.3f}"
    gap, low, high = (record[name] for name in ("difference", "difference_low", "difference_high"))
    return f"{gap:+.3f} [{low:+.3f}, {high:+.3f}]"


def answer_lines(answers: Mapping[str, list[Record]]) -> str:
    """Every answer in words, and how sure it is."""
    return "".join(
        f"- *{line['topic']}* {line['advice']} ({line['sure']})\n"
        for lines in answers.values()
        for line in lines
    )


def infeasible_lines(reasons: Mapping[str, str]) -> str:
    """Every run that the data do not allow, and why."""
    return "".join(f"- not feasible: {key}: {reason}\n" for key, reason in reasons.items())


def skill_rows(records: list[Record]) -> str:
    """A method's own skill beside its gain."""
    columns = list(dict.fromkeys(r["column"] for r in records))
    lines = [["method", *columns], ["---"] * (1 + len(columns))]
    for start in dict.fromkeys(r["row"] for r in records):
        own = {r["column"]: r["mean"] for r in records if r["row"] == start}
        lines.append([start, *(f"{own[name]:+.3f}" for name in columns)])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def section(report: Record) -> str:
    """The section's text."""
    template = Path(__file__).with_name("hippocampus_study.md").read_text(encoding="utf-8")
    return template.format(
        **{name: report[name] for name in ("runs", "hours", "date", "commit")},
        curve=curve_rows(report["tables"]["label_curve"]),
        skills=skill_rows(report["tables"]["skills"]),
        answers=answer_lines(report["answers"]) + infeasible_lines(report["infeasible"]),
    )


def main() -> None:
    """Write the section anew."""
    report = json.loads((ROOT / "docs" / "hippocampus_study.json").read_text(encoding="utf-8"))
    write_between(ROOT / "docs" / "results.md", "hippocampus study", section(report))


if __name__ == "__main__":
    main()
