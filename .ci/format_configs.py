"""Lay out the bundles' JSON: a list or object goes on one line where it fits.

Usage: python .ci/format_configs.py [--check] FILE ...
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

WIDTH = 120


def layout(node: Any, indent: int = 0, used: int = 0) -> str:
    """Render ``node``; ``used`` columns of its first line are taken."""
    flat = json.dumps(node, ensure_ascii=False)
    nested = isinstance(node, dict) and any(
        isinstance(child, dict | list) for child in node.values()
    )
    if (indent + used + len(flat) <= WIDTH and not (nested and indent < 8)) or not node:
        return flat
    if not isinstance(node, dict | list):
        return flat
    inner = " " * (indent + 4)
    if isinstance(node, list):
        items = [inner + layout(child, indent + 4) for child in node]
        brackets = "[]"
    else:
        names = {key: json.dumps(key, ensure_ascii=False) + ": " for key in node}
        items = [
            inner + names[key] + layout(child, indent + 4, len(names[key]))
            for key, child in node.items()
        ]
        brackets = "{}"
    return brackets[0] + "\n" + ",\n".join(items) + "\n" + " " * indent + brackets[1]


def main(arguments: list[str]) -> int:
    """Rewrite the files, or with --check only say which would change."""
    check = "--check" in arguments
    changed = []
    for name in (argument for argument in arguments if argument != "--check"):
        path = Path(name)
        text = path.read_text(encoding="utf-8")
        wanted = layout(json.loads(text)) + "\n"
        if text != wanted:
            changed.append(name)
            if not check:
                path.write_text(wanted, encoding="utf-8")
    for name in changed:
        print(f"{'would reformat' if check else 'reformatted'} {name}")
    return int(check and bool(changed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
