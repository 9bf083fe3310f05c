"""The section of docs/reliability.md on faults, and its rows beside it as JSON."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from measured import when_measured
from sections import write_between

from .fault import GOOD, NOT_TRIED, TOO_FEW, TRIED, Fault, Outcome

ROWS = Path(__file__).resolve().parents[2] / "docs" / "reliability_faults.json"
PAGE = ROWS.with_name("reliability.md")
_PLACE = re.compile(r"(?<![\w.])/\S*/(?=[^/\s]+)")
_HEAD = """
# Faults and what becomes of them

Made by `make faults`, which does each of these to small runs on synthetic scans; counts, seeds,
dates, commits, versions and seconds lie beside as `reliability_faults.json`. Resumed runs are
compared with one that was let alone: losses, metrics, weights and checkpoint, bit for bit on a CPU.
*Done* says how often a fault was done, *compared* how often what became of it was: kills, torn
files and read-only folders follow each other in one run or folder, which is compared after the last
(what a killed preparation, packing, fetching or inference has left under a final name is looked at
after each). Each comparison is a try. A fault that came too late to hit anything is none, and the
next one is done in another run or folder.
After the counts stands what was said last, where something was. Faults are tried again one by one
(`--only`), and their rows take the place of earlier ones: each says when it was measured, and by
which commit; a commit of a checkout in which something was changed would end in `-dirty`. A fault
that is not listed has not been tried by it. Full disks and a small /dev/shm are small tmpfs, which
need root to mount; what a machine does not let one try is listed at the end, and counted nowhere.
"""


def row(fault: Fault, outcomes: Sequence[Outcome], seconds: float, seed: int) -> dict[str, Any]:
    """What is kept of a fault's tries."""
    said = [_PLACE.sub("", outcome.detail) for outcome in outcomes if outcome.detail]
    return {
        "family": fault.family,
        "name": fault.name,
        "expected": fault.expected,
        "times": sum(outcome.times for outcome in outcomes),
        "outcomes": dict(Counter(outcome.what for outcome in outcomes)),
        "said": said[-1] if said else "",
        "seconds": round(seconds),
        "seed": seed,
    }


def keep(rows: Iterable[dict[str, Any]], order: Sequence[tuple[str, str]]) -> None:
    """Put new rows in the places of those before, and write JSON and section."""
    known = {(each["family"], each["name"]): each for each in load_rows()}
    known |= {(each["family"], each["name"]): each for each in rows}
    kept = [known[key] for key in order if key in known]
    ROWS.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    write_between(PAGE, "faults", section(kept))


def load_rows() -> list[dict[str, Any]]:
    """The rows beside the page."""
    return list(json.loads(ROWS.read_text(encoding="utf-8"))) if ROWS.is_file() else []


def section(rows: Sequence[dict[str, Any]]) -> str:
    """The text between the markers."""
    shown = [each for each in rows if set(each["outcomes"]) != {NOT_TRIED}]
    lines = [_HEAD, f"{_summary(rows)} {when_measured(rows)}"]
    for family in dict.fromkeys(each["family"] for each in shown):
        head = "| what | has to become | done | compared | became of it |"
        lines += ["", f"## {family}", "", head, "|---|---|---|---|---|"]
        lines += [_line(each) for each in shown if each["family"] == family]
    if untried := [each for each in rows if NOT_TRIED in each["outcomes"]]:
        lines += ["", "## Not tried here", ""]
        lines += [f"- {each['family']}, {each['name']}: {each['said']}" for each in untried]
    return "\n".join(lines) + "\n"


def _summary(rows: Sequence[dict[str, Any]]) -> str:
    tries, good = (sum(_count(each, kinds) for each in rows) for kinds in (TRIED, GOOD))
    faults = sum(_count(each, TRIED) > 0 for each in rows)
    times = sum(each["times"] for each in rows)
    told = f"Of {tries} tries of {faults} faults {good} ended as they should; in them, the faults "
    told += f"were done {times} times."
    for kind in (TOO_FEW, NOT_TRIED):
        if found := sum(kind in each["outcomes"] for each in rows):
            told += f" {kind.capitalize()}: {found} faults."
    return told


def _line(each: dict[str, Any]) -> str:
    became = "; ".join(f"{number} {what}" for what, number in sorted(each["outcomes"].items()))
    said = f": {each['said']}" if each["said"] else ""
    counts = f"{each['times']} | {_count(each, TRIED)}"
    return f"| {each['name']} | {each['expected']} | {counts} | {became}{said} |"


def _count(each: dict[str, Any], kinds: Sequence[str]) -> int:
    return sum(each["outcomes"].get(kind, 0) for kind in kinds)
