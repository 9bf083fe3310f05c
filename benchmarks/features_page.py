"""docs/features.md: a table for each question of ``docs/features.json``.

python benchmarks/features_page.py [--runs docs/features.json] [--output docs/features.md]
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

from features_asked import UNTRAINED
from features_families import families
from medssl.analysis.left_out import CLASSIFIERS, NEIGHBOURS, PENALTY
from real.runs import ROOT

TRIALS = ROOT / "docs" / "hippocampus_trials.json"
TEMPLATE = Path(__file__).with_suffix(".md")
HEAD = (
    "| method | classifier | ours | untrained | grey values | over untrained | over grey values "
    "| {verdict} |\n|---|---|---|---|---|---|---|---|"
)
BEATS, SHORTCUT = "beats the untrained network", "knows more than the untrained network"
TITLES = {
    "region": (
        "Which part of the body?",
        "Chest, abdomen, or a limb with a soft-tissue tumour; each patient is of one kind, and the "
        "kinds come from different archives and scanners.",
    ),
    "height": (
        "How high in the scan?",
        "The lower, middle or upper third of the places along z, in chests and abdomens. Scans "
        "begin and end where their radiographers chose.",
    ),
    "thickness": (
        "How thick were the slices?",
        "Distance of slices before all were brought to 2 mm, in chests and abdomens. This is no "
        "knowledge of anatomy but a shortcut: **low is good**.",
    ),
    "tumour": (
        "Tumour or other tissue?",
        "Crops centred on the outlined soft-tissue sarcoma, and in the same patient's body at "
        "least 10 mm away from it.",
    ),
    "nodule": (
        "Nodule or lung? (synthetic)",
        "**Synthetic** chests, drawn by this project: crops centred on a nodule of 6 mm or more, "
        "and in the same lungs at least 10 mm away from any.",
    ),
    "liver": (
        "Liver or not?",
        "Crops centred on the outlined liver and elsewhere in the body. **One patient**: fitted on "
        "two thirds of the scan's height and asked about the last, whose crops overlap in part "
        "with the others; without patients to draw there is no interval, and nothing is claimed.",
    ),
}
Run = dict[str, Any]


def shown(figures: Sequence[float | None]) -> str:
    """A score or difference, with its interval where there is one."""
    value, low, high = figures
    plain = f"{value:.2f}"
    return plain if low is None or high is None else f"{plain} [{low:.2f}, {high:.2f}]"


def verdict(differences: Sequence[Sequence[float | None]]) -> str:
    """Whether every seed's interval of the difference lies above 0."""
    lows = [low for _, low, _ in differences if low is not None]
    if not lows:
        return "-"
    above = sum(low > 0 for low in lows)
    return "yes" if above == len(lows) else f"{above} of {len(lows)} seeds" if above else "no"


def row(bundle: str, name: str, classifier: str, runs: Sequence[Run]) -> str:
    """One method's answers to one question by one classifier, a line for each seed."""
    answers = [run["answers"][name][classifier] for run in runs]
    kinds = ("ours", "untrained", "grey", "over_untrained", "over_grey")
    cells = ["<br>".join(_lines(kind, answers)) for kind in kinds]
    beats = verdict([each["over_untrained"] for each in answers])
    return "| " + " | ".join([_plain(bundle), classifier, *cells, beats]) + " |"


def _lines(kind: str, answers: Sequence[dict[str, Any]]) -> list[str]:
    """A line for each seed; but one for what does not hang on the seed."""
    lines = [shown(each[kind]) for each in answers]
    return lines if kind.startswith(("ours", "over")) else list(dict.fromkeys(lines))


def _plain(bundle: str) -> str:
    return bundle.removeprefix("pretrain_").replace("_", " ")


def section(name: str, runs: dict[str, list[Run]]) -> str:
    """A question's heading, what was asked of whom, and its table."""
    asked = {
        bundle: own
        for bundle, each in sorted(runs.items())
        if (own := [run for run in each if name in run["answers"]])
    }
    if not asked:
        return ""
    everyone = [run["questions"][name] for own in asked.values() for run in own]
    facts = everyone[0]
    if any(each != facts for each in everyone):
        raise SystemExit(f"{name}: runs with different held-out scans; a page is of one split")
    title, words = TITLES[name]
    counts = ", ".join(
        f"{label.replace('_', ' ')} {each['crops']} crops"
        + ("" if facts["patients"] == 1 else f" of {each['patients']} patients")
        for label, each in facts["classes"].items()
    )
    patients = f"{facts['patients']} patient{'s' if facts['patients'] > 1 else ''}"
    measured = f"{facts['measure']}, chance {facts['chance']:.2f}"
    lines = [
        row(bundle, name, classifier, own)
        for bundle, own in asked.items()
        for classifier in CLASSIFIERS
    ]
    body = f"{words} {patients}: {counts}. Score: {measured}."
    head = HEAD.format(verdict=SHORTCUT if name == "thickness" else BEATS)
    return f"## {title}\n\n{body}\n\n" + "\n".join([head, *lines])


def asked(runs: dict[str, list[Run]]) -> list[str]:
    """Questions of anatomy with several patients that any run was asked."""
    every = [run["answers"] for own in runs.values() for run in own]
    left_out = ("thickness", "liver")
    return [name for name in TITLES if name not in left_out and any(name in run for run in every)]


def summary(runs: dict[str, list[Run]]) -> str:
    """By which classifiers each method beats the untrained network, for every seed."""
    names = asked(runs)
    lines = ["| method | seeds | " + " | ".join(names) + " |", "|---" * (len(names) + 2) + "|"]
    for bundle, own in sorted(runs.items()):
        cells = []
        for name in names:
            answers = [run["answers"][name] for run in own if name in run["answers"]]
            won = (
                classifier
                for classifier in CLASSIFIERS
                if verdict([each[classifier]["over_untrained"] for each in answers]) == "yes"
            )
            cells.append(", ".join(won) or "-")
        lines.append("| " + " | ".join([_plain(bundle), str(len(own)), *cells]) + " |")
    return "\n".join(lines)


def counts(runs: dict[str, list[Run]]) -> str:
    """How many of all comparisons behind the summary are won and lost, by single runs."""
    found = {"untrained": [0, 0], "grey": [0, 0]}
    total = 0
    for own in runs.values():
        for run in own:
            for name, classifier in product(set(asked(runs)) & set(run["answers"]), CLASSIFIERS):
                total += 1
                for beside, both in found.items():
                    _, low, high = run["answers"][name][classifier][f"over_{beside}"]
                    both[0] += low > 0
                    both[1] += high < 0
    (won, lost), (over_grey, below_grey) = found.values()
    return (
        f"Of all {total} comparisons of single runs with the untrained network, {won} intervals "
        f"lie above 0 and {lost} below it; with grey values {over_grey} above and {below_grey} "
        "below."
    )


def means(together: dict[str, Any]) -> str:
    """What the mean of a method's seeds has over untrained networks, by question."""
    asked = [name for name in TITLES if any(name in own["answers"] for own in together.values())]
    lines = [
        f"| method | seeds | classifier | {' | '.join(asked)} |",
        "|---|---|---|" + "---|" * len(asked),
    ]
    for bundle, own in sorted(together.items()):
        for classifier in CLASSIFIERS:
            cells = [
                shown(own["answers"][name][classifier]["over_untrained"])
                if name in own["answers"]
                else "-"
                for name in asked
            ]
            heads = [_plain(bundle), str(len(own["weights"])), classifier]
            lines.append("| " + " | ".join([*heads, *cells]) + " |")
    return "\n".join(lines)


def page(runs: Path) -> str:
    """The page of a JSON that ``features.py`` wrote."""
    read = json.loads(runs.read_text(encoding="utf-8"))
    found = read["runs"]
    sections = filter(None, (section(name, found) for name in TITLES))
    text = TEMPLATE.read_text(encoding="utf-8")
    return text.format(
        penalty=PENALTY,
        neighbours=NEIGHBOURS,
        untrained=len(UNTRAINED),
        summary=summary(found),
        counts=counts(found),
        means=means(read.get("together", {})),
        families=families(read.get("together", {}), TRIALS),
        sections="\n\n".join(sections),
    )


def main() -> None:
    """Write the page."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=Path, default=Path("docs/features.json"))
    options.add_argument("--output", type=Path, default=Path("docs/features.md"))
    arguments = options.parse_args()
    arguments.output.write_text(page(arguments.runs), encoding="utf-8")
    print(arguments.output)


if __name__ == "__main__":
    main()
