"""The section on the study of the hippocampus in docs/results.md.

python benchmarks/hippocampus_study_page.py
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from medssl.study.tables.frame import BASELINE
from medssl.study.tables.skills import SKILL
from real.runs import ROOT
from sections import write_between

Record = Mapping[str, Any]


def curve_rows(records: list[Record], skills: Mapping[str, float | None]) -> str:
    """Each start: the area with its test, then the dice at each number of labels.

    Args:
        records: of the table ``label_curve``.
        skills: at the own pretext, by start.
    """
    columns = list(dict.fromkeys(r["column"] for r in records))
    dices = [name for name in columns if " rank " not in name]
    named = [name.removeprefix("parts dice, ") for name in dices]
    title = ["start", "skill", *named, "p (Holm)", "false claim", "verdict"]
    lines = [title, ["---"] * len(title)]
    for start in dict.fromkeys(r["row"] for r in records):
        own = {r["column"]: r for r in records if r["row"] == start}
        area = own[dices[0]]
        odds = [plain(area[name]) for name in ("p_adjusted", "false_claim")]
        skill = plain(skills.get(start), "+.3f")
        found = [cell(own[name]) for name in dices]
        lines.append([start, skill, *found, *odds, area["verdict"]])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def cell(record: Record) -> str:
    """The mean of the baseline, of others the difference from it with its interval."""
    if record["verdict"] == BASELINE:
        return plain(record["mean"])
    if record["difference"] is None:
        return str(record["verdict"]).split(":")[0] or "no difference"
    gap, low, high = (record[name] for name in ("difference", "difference_low", "difference_high"))
    return f"{gap:+.3f} [{low:+.3f}, {high:+.3f}]"


def plain(value: float | None, form: str = ".3f") -> str:
    """A figure; nothing where there is none."""
    return "" if value is None else format(value, form)


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


def note_lines(records: list[Record]) -> str:
    """What figures go without, and why."""
    notes: dict[str, list[str]] = {}
    for record in records:
        if record["note"]:
            notes.setdefault(record["note"], []).append(f"{record['row']} ({record['column']})")
    return "".join(f"- {note}: {', '.join(where)}\n" for note, where in notes.items())


def section(report: Record) -> str:
    """The section's text."""
    template = Path(__file__).with_name("hippocampus_study.md").read_text(encoding="utf-8")
    curve, left_out = report["tables"]["label_curve"], report["infeasible"]
    skills = {r["row"]: r["mean"] for r in report["tables"]["skills"] if r["column"] == SKILL}
    named = ("runs", "cases", "subjects", "seeds", "null_studies", "null_claims", "date", "commit")
    return template.format(
        **{name: report[name] for name in named},
        curve=curve_rows(curve, skills),
        answers=answer_lines(report["answers"]) + infeasible_lines(left_out) + note_lines(curve),
    )


def main() -> None:
    """Write the section anew."""
    report = json.loads((ROOT / "docs" / "hippocampus_study.json").read_text(encoding="utf-8"))
    write_between(ROOT / "docs" / "results.md", "hippocampus study", section(report))


if __name__ == "__main__":
    main()
