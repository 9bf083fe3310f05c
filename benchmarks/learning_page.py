"""docs/learning.md: the table of ``docs/learning.json``, and what was tried on the way.

python benchmarks/learning_page.py [--runs docs/learning.json] [--output docs/learning.md]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from medssl.analysis.health.scores import best_trivial
from recipe import recipe

OURS = ("mse", "accuracy", "retrieval_top1")
TEMPLATE = Path(__file__).with_suffix(".md")
HEAD = (
    "| method | steps | CPU minutes | best answer without learning | ours "
    "| skill [95 % over scans], one a seed | learnt | picture |\n|---|---|---|---|---|---|---|---|"
)


def figure(values: dict[str, float]) -> str:
    """The network's own figure, by the metric the method has."""
    name = next(name for name in OURS if name in values)
    return f"{name} {values[name]:.3g}"


def trivial(values: dict[str, float]) -> str:
    """The best trivial answer; of a puzzle those of its parts."""
    answer = best_trivial(values)
    if answer is not None:
        return f"{answer[0]}: {answer[1]:.3g}"
    parts = {name: value for name, value in values.items() if name.endswith("_trivial")}
    words = (f"{name.split('_')[1]} {value:.3g}" for name, value in parts.items())
    return "guessing: " + ", ".join(words)


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
    cells = (title, runs[0]["steps"], runs[0]["cpu_minutes"], trivial(first))
    return "| " + " | ".join(map(str, (*cells, figure(first), shown, learnt, picture))) + " |"


def page(runs: Path) -> str:
    """The page of a JSON that ``learning.py`` wrote; pictures lie in ``learning`` beside it."""
    found = json.loads(runs.read_text(encoding="utf-8"))
    pictures = runs.parent / "learning"
    lines = [row(bundle, each, pictures) for bundle, each in sorted(found["runs"].items())]
    return TEMPLATE.read_text(encoding="utf-8").replace("{table}", "\n".join([HEAD, *lines]))


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
