"""The table of bad input in docs/reliability.md, from the JSON beside it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from measured import when_measured
from sections import write_between

from .campaign import Tried
from .kind import Kind
from .trial import CPU_S, MEMORY
from .verdict import BESIDE, CLEAR, EARLY, FAULTS, SAME, SILENT, UNNAMED, UNSEEN

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reliability.md"
JSON = PAGE.with_name("reliability_fuzz.json")
NAME = "fuzz"
WATCHED = ["HOME", "TMPDIR", "absolute paths"]  # beside the folders around the output
_COLUMNS = (CLEAR, UNNAMED, EARLY, SAME, UNSEEN, *FAULTS)
PACKAGES = ("pydicom", "itk")  # that read, beside those of every run
_SAID = f"""
# Bad input and what becomes of it

Made by `make fuzz`; counts, seeds, dates, commits, versions and seconds of each kind lie beside as
`reliability_fuzz.json`.
Good examples, each with one thing damaged: bits, bytes, numbers, blocks and ends of a file; types,
keys, numbers, texts, paths and nesting of JSON and YAML; cells, rows and columns of tables; entries
of zips; options of a command line. What the product makes of each is compared with what it makes of
the good one. *Clear refusal*: one line that names what is damaged (its file, its key, or the item
of a config that it is in), among at most {BESIDE} others that the good example does not print, or
such a line while the rest is done. *Cause not named*: one line that names none of these. *MONAI's
traceback*: of files that `python -m monai.bundle` reads before anything of medssl is imported.
*Unaffected*: the same result. *Traceback*: any other error, or a refusal among more lines.
*Hang*: {CPU_S} s of CPU time. *Memory*: {MEMORY >> 20} MiB more than the good example takes.
*Silent damage*: another result without a word; "-" where it cannot be counted, as nothing tells it
from what no check sees: all of it then stands under *seen by no check*, and the last row sums the
others. *Outside*: anything that is new or changed afterwards but in the output folder: around and
above it, in HOME, in TMPDIR (both are the input's own and empty before), and where the absolute
paths lead that damage puts in; of "manifest" and "going on", whose commands write into the folder
that they read, that folder may change as well. Seed, kind and number say what an input is:
`python benchmarks/fuzzing.py --only KIND --seed SEED --numbers N --show`.
"""


def record(kind: Kind, tried: Iterable[Tried], seed: int, seconds: float) -> dict[str, Any]:
    """What is kept of one kind's inputs: how many came to what, and which were at fault."""
    found = list(tried)
    counts = Counter(each.verdict.what for each in found)
    faults = [each for each in found if each.verdict.what in FAULTS]
    reasons = {each.verdict.detail for each in found if each.verdict.what == UNSEEN}
    if not kind.countable:  # the page says why, even where all was unaffected or refused
        reasons.add(kind.reason(""))
    return {
        "inputs": len(found),
        "seed": seed,
        "seconds": round(seconds),
        "counts": {name: counts[name] for name in _COLUMNS if name != SILENT or kind.countable},
        "unseen": sorted(reasons),
        "faults": [
            [each.number, each.file, each.what, each.verdict.what, each.verdict.detail[:200]]
            for each in faults
        ],
        "note": kind.note,
        "watched": WATCHED,
    }


def save(kinds: Mapping[str, Any], order: Iterable[str]) -> None:
    """Write the figures of these kinds, leaving those of others, and the page."""
    there = json.loads(JSON.read_text(encoding="utf-8"))["kinds"] if JSON.is_file() else {}
    every = {**there, **kinds}
    content = {"kinds": {name: every[name] for name in order if name in every}}
    JSON.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    write_between(PAGE, NAME, section(content))


def section(content: Mapping[str, Any]) -> str:
    """The text between the lines of the page."""
    kinds = content["kinds"]
    total = sum(kind["inputs"] for kind in kinds.values())
    seconds = sum(kind["seconds"] for kind in kinds.values())
    seeds = sorted({kind["seed"] for kind in kinds.values()})
    lines = [
        _SAID,
        f"{total:,} inputs, seed {', '.join(map(str, seeds))}, {seconds:,} s. "
        f"{when_measured(list(kinds.values()))}{_unwatched(kinds.values())}\n",
        f"| kind | inputs | {' | '.join(_COLUMNS)} |",
        f"|---|{'--:|' * (1 + len(_COLUMNS))}",
        *(_row(name, kind) for name, kind in kinds.items()),
        _row("all", _summed(kinds.values())),
        "",
        *_notes(kinds),
    ]
    return "\n".join(lines) + "\n"


def _unwatched(kinds: Collection[Mapping[str, Any]]) -> str:
    """Where 0 files outside says less than it now would, as rows are older."""
    older = sum(kind.get("watched") != WATCHED for kind in kinds)
    if not older:
        return ""
    places = f"{', '.join(WATCHED[:-1])} and {WATCHED[-1]}"
    return (
        f" For {older} of {len(kinds)} kinds {places} were not watched yet: there, none outside "
        "means none around the output folder."
    )


def _row(name: str, kind: Mapping[str, Any]) -> str:
    counts = [str(kind["counts"].get(column, "-")) for column in _COLUMNS]
    return f"| {name} | {kind['inputs']} | {' | '.join(counts)} |"


def _summed(kinds: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    found = list(kinds)
    counts = {column: sum(kind["counts"].get(column, 0) for kind in found) for column in _COLUMNS}
    return {"inputs": sum(kind["inputs"] for kind in found), "counts": counts}


def _notes(kinds: Mapping[str, Any]) -> list[str]:
    """What no check sees, with the kinds, and what else is to be said of a kind."""
    of: dict[str, list[str]] = {}
    for name, kind in kinds.items():
        for text in (*kind["unseen"], *([kind["note"]] if kind["note"] else [])):
            of.setdefault(text, []).append(name)
    return [f"- {', '.join(names)}: {text}." for text, names in of.items()]
