"""docs/learning.md: the table of ``docs/learning.json``, and what was tried on the way.

python benchmarks/learning_page.py [--runs docs/learning.json] [--output docs/learning.md]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from medssl.analysis.health.beside import beside, hardest, named
from recipe import recipe

SPREAD = "0 where embeddings are all alike, 1 where they fill the sphere"
OURS = ("mse", "accuracy", "retrieval_top1")
TEMPLATE = Path(__file__).with_suffix(".md")
HEAD = (
    "| method | steps | CPU minutes | best answer without learning | ours "
    "| skill [95 % over scans], one a seed | learnt | picture |\n|---|---|---|---|---|---|---|---|"
)

HEAD_OF_ANSWERS = "| method | figure | ours | answers that need no learning |\n|---|---|---|---|"


def figure(values: dict[str, float]) -> str:
    """The network's own figure, by the metric the method has."""
    name = next(name for name in OURS if name in values)
    return f"{name} {values[name]:.3g}"


def row(bundle: str, runs: list[dict[str, Any]], pictures: Path) -> str:
    """One method's line: the first run's figures, every run's skill."""
    name = bundle.removeprefix("pretrain_")
    first = runs[0]["held_out"]
    skills = [[run["held_out"][f"skill{end}"] for end in ("", "_low", "_high")] for run in runs]
    shown = "<br>".join(f"{skill:.3f} [{low:.3f}, {high:.3f}]" for skill, low, high in skills)
    above = sum(low > 0 for _, low, _ in skills)
    learnt = "yes" if above == len(skills) else f"{above} of {len(skills)} seeds"
    picture = (
        f"[held-out crops](learning/{name}.png)" if (pictures / f"{name}.png").is_file() else "-"
    )
    current = all(run["recipe"] == recipe(bundle) for run in runs)
    title = name.replace("_", " ") + ("" if current else " (by earlier settings)")
    counted = runs[0].get("counted_steps")  # of a run whose first part was killed and not timed
    minutes = f"{runs[0]['cpu_minutes']}" + (f" of its last {counted} steps" if counted else "")
    cells = (title, runs[0]["steps"], minutes, named(hardest(first)))
    return "| " + " | ".join(map(str, (*cells, figure(first), shown, learnt, picture))) + " |"


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
    text = TEMPLATE.read_text(encoding="utf-8").replace("{table}", "\n".join([HEAD, *lines]))
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
