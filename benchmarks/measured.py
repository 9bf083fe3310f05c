"""When, where, by which commit and with which versions rows were measured."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

from medssl.commits import commit_of
from medssl.engines.identity import versions
from medssl.engines.precision import cpu_has_bf16

_DIGITS = 10  # of a commit's hash
# Of the code that was loaded: what a benchmark itself writes into docs/ meanwhile changes none.
COMMIT = commit_of(Path(__file__).parent, _DIGITS)


def this_cpu(threads: int | None = None) -> str:
    """The CPU by what it can: its vectors, as PyTorch uses them, whether it computes in bf16.

    Args:
        threads: that computed; by default as many as PyTorch takes in this process.
    """
    count = torch.get_num_threads() if threads is None else threads
    can = torch.backends.cpu.get_cpu_capability() + ", bf16" * cpu_has_bf16()
    return f"{platform.machine()} CPU ({can}), {count} thread{'s'[: count > 1]}"


def made_now(*packages: str, device: str | None = None) -> dict[str, Any]:
    """What a row keeps of its own measurement.

    Args:
        packages: whose versions are kept beside those of every run, where they are installed.
        device: on which; by default :func:`this_cpu`.
    """
    found = versions()
    for name in packages:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    day = date.today().isoformat()
    return {"date": day, "commit": COMMIT, "versions": found, "device": device or this_cpu()}


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
