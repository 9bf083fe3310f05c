"""Where a benchmark was measured that others' libraries take part in, and how pages say so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from measured import made_now

OTHERS = ("SimpleITK", "torchio")  # of the extra `bench`


def provenance(device: str | None = None) -> dict[str, Any]:
    """Date, commit, device and versions; those of others' libraries where they are installed.

    Args:
        device: its name; by default this CPU and how many threads of it compute.
    """
    return made_now(*OTHERS, device=device)


def told(versions_found: Mapping[str, str]) -> str:
    """Names and numbers in one line."""
    return ", ".join(f"{name} {number}" for name, number in versions_found.items())


def measured_lines(measured: Mapping[str, Mapping[str, Any]]) -> str:
    """Markdown: what was measured together, one line for each day, commit, device and versions.

    Args:
        measured: by name what :func:`provenance` has told of it; ``note`` tells what else to know.
    """
    together: dict[str, list[str]] = {}
    for name, found in measured.items():
        where = f"{found['device']}, {found['date']}"
        where += f" by commit {found['commit']}" if "commit" in found else ""
        where += f"; {told(found['versions'])}"
        where += f"; {found['note']}" if "note" in found else ""
        together.setdefault(where, []).append(name)
    return "".join(f"- {', '.join(names)}: {where}.\n" for where, names in together.items())
