"""When, by which commit and with which versions rows were measured that are measured apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from medssl.commits import commit_of
from medssl.engines.identity import versions

_DIGITS = 10  # of a commit's hash


def made_now(*packages: str) -> dict[str, Any]:
    """What a row keeps of its own measurement.

    Args:
        packages: whose versions are kept beside those of every run, where they are installed.
    """
    found = versions()
    for name in packages:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    commit = commit_of(Path(__file__).parent, _DIGITS)
    return {"date": date.today().isoformat(), "commit": commit, "versions": found}


def when_measured(rows: Sequence[Mapping[str, Any]]) -> str:
    """From when to when, and by how many commits; how many rows do not say so."""
    made = [row for row in rows if "date" in row]
    said = [
        f"{len(rows) - len(made)} of {len(rows)} rows are older and say neither date nor commit"
    ]
    if not made:
        return f"{said[0]}."
    dates, commits = sorted({row["date"] for row in made}), {row["commit"] for row in made}
    days = dates[0] if len(dates) == 1 else f"{dates[0]} to {dates[-1]}"
    by = f"commit {commits.pop()}" if len(commits) == 1 else f"{len(commits)} commits"
    return "; ".join([f"Measured {days} by {by}", *(said if len(made) < len(rows) else [])]) + "."
