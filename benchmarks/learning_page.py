"""docs/learning.md: the table of ``docs/learning.json``, and what was tried on the way.

python benchmarks/learning_page.py [--runs docs/learning.json] [--output docs/learning.md]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from hippocampus_page import interval
from medssl.analysis.health.beside import beside, hardest, named
from medssl.analysis.health.doctor import SKILLS
from recipe import recipe

SPREAD = "0 where embeddings are all alike, 1 where they fill the sphere"
TEMPLATE = Path(__file__).with_suffix(".md")
HEAD = (
    "| method | steps | CPU minutes | best answer without learning | ours "
    "| skill [95 % over scans], one a seed | learnt | picture |\n|---|---|---|---|---|---|---|---|"
)

HEAD_OF_ANSWERS = "| method | figure | ours | answers that need no learning |\n|---|---|---|---|"


def figure(values: dict[str, float]) -> str:
    """The network's own figures that its skill is counted from."""
    return ", ".join(f"{row.figure} {row.ours:.3g}" for row in hardest(values))


def shown(values: dict[str, float], name: str = "skill") -> str:
    """A skill with its interval and, where known, the scans above 0."""
    scans = f"{name}_scans"
    above = f", {values[f'{scans}_above']} of {values[scans]} scans" if scans in values else ""
    return interval([values[f"{name}{end}"] for end in ("", "_low", "_high")]) + above


def parts_of(runs: list[dict[str, Any]]) -> list[str]:
    """A line for each thing that is judged beside a method's skill: partners, parts of a puzzle."""
    values = [run["held_out"] for run in runs]
    lines = [
        f"{skill.removesuffix('_skill')}: {', '.join(shown(each, skill) for each in values)}"
        for skill in SKILLS[1:]
        if skill in values[0]
    ]
    parts = [row.figure.removeprefix("accuracy_") for row in hardest(values[0])]
    parts += ["mask"] if "skill_mask" in values[0] else []  # told, and no part of the skill
    for part in parts if len(parts) > 1 else ():
        skills = (f"{each[f'skill_{part}']:.3f}" for each in values)
        lines.append(f"{part}: {', '.join(skills)}")
    return lines


def learnt(runs: list[dict[str, Any]], skill: str = "skill") -> str:
    """Whether a skill's interval lies above 0 for every seed, or for how many it does."""
    above = sum(run["held_out"][f"{skill}_low"] > 0 for run in runs)
    return "yes" if above == len(runs) else f"{above} of {len(runs)} seeds"


def verdict(methods: list[tuple[str, list[dict[str, Any]]]]) -> str:
    """The table in a sentence."""
    found: dict[str, list[str]] = {}
    for bundle, runs in methods:
        name = bundle.removeprefix("pretrain_").replace("_", " ")
        said = {"yes": "Learnt with every seed", f"0 of {len(runs)} seeds": "not learnt"}
        found.setdefault(said.get(learnt(runs), "with some seeds"), []).append(name)
    order = ("Learnt with every seed", "with some seeds", "not learnt")
    parts = [
        f"{word}: {', '.join(found[word])} ({len(found[word])})" for word in order if word in found
    ]
    return "; ".join(parts) + f"; of {len(methods)} methods."


def row(bundle: str, runs: list[dict[str, Any]], pictures: Path) -> str:
    """One method's line: the first run's figures, every run's skill."""
    name = bundle.removeprefix("pretrain_")
    first = runs[0]["held_out"]
    skills = "<br>".join([*(shown(run["held_out"]) for run in runs), *parts_of(runs)])
    picture = (
        f"[held-out crops](learning/{name}.png)" if (pictures / f"{name}.png").is_file() else "-"
    )
    said = learnt(runs)
    for skill in SKILLS[1:]:
        if skill in first:
            said += f"; {skill.removesuffix('_skill')}: {learnt(runs, skill)}"
    current = all(run["recipe"] == recipe(bundle) for run in runs)
    title = name.replace("_", " ") + ("" if current else " (by earlier settings)")
    counted = runs[0].get("counted_steps")  # of a run whose first part was killed and not timed
    minutes = f"{runs[0]['cpu_minutes']}" + (f" of its last {counted} steps" if counted else "")
    cells = (title, runs[0]["steps"], minutes, named(hardest(first)))
    return "| " + " | ".join(map(str, (*cells, figure(first), skills, said, picture))) + " |"


def answers(bundle: str, held_out: dict[str, float]) -> list[str]:
    """A line for each of a run's figures, beside all answers that need no learning."""
    name = bundle.removeprefix("pretrain_").replace("_", " ")
    rows = [
        (each.figure, "-" if each.ours is None else f"{each.ours:.3g}", each.others)
        for each in beside(held_out)
    ]
    if "spread" in held_out:
        rows.append(("spread", f"{held_out['spread']:.3g}", SPREAD))
    titles = [name, *[""] * (len(rows) - 1)]
    return [f"| {' | '.join((title, *cells))} |" for title, cells in zip(titles, rows, strict=True)]


def page(file: Path) -> str:
    """The page of a JSON that ``learning.py`` wrote; pictures lie in ``learning`` beside it."""
    found = json.loads(file.read_text(encoding="utf-8"))
    pictures = file.parent / "learning"
    methods = sorted(found["runs"].items())
    lines = [row(bundle, each, pictures) for bundle, each in methods]
    beaten = [line for bundle, runs in methods for line in answers(bundle, runs[0]["held_out"])]
    text = TEMPLATE.read_text(encoding="utf-8").replace("{verdict}", verdict(methods))
    text = text.replace("{table}", "\n".join([HEAD, *lines]))
    return text.replace("{answers}", "\n".join([HEAD_OF_ANSWERS, *beaten]))


def main() -> None:
    """Write the page."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=Path, default=Path("docs/learning.json"))
    options.add_argument("--output", type=Path, default=Path("docs/learning.md"))
    arguments = options.parse_args()
    arguments.output.write_text(page(arguments.runs), encoding="utf-8")
    print(arguments.output)


if __name__ == "__main__":
    main()
