"""Where the figures come from: versions, data, settings and weights of each run."""

from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from ... import __version__
from ...commits import commit_of
from ...files import sha256_of
from ..runs import PLAN
from ..start import study_folder
from ..store import Store
from .costs import Listing

SHORT = 12  # digits of a hash that are shown


def origin_parts(store: Store, study: Path) -> tuple[list[str], list[Listing]]:
    """What the provenance page says; see :func:`~.costs.cost_parts`."""
    commit = commit_of(study_folder())
    said = [
        f"Plan {store.plan.name}, SHA-256 of {PLAN} {sha256_of(study / PLAN)}.",
        f"This report: medssl {__version__}, commit {commit}, Snakemake {_engine()}.",
    ]
    if store.runs.empty:
        return said, []
    return said, [_versions(store), _data(store), _runs(store)]


def _versions(store: Store) -> Listing:
    found: dict[str, dict[str, int]] = {}
    for text in store.runs["versions"]:
        for package, number in json.loads(text).items():
            own = found.setdefault(package, {})
            own[number] = own.get(number, 0) + 1
    rows = [
        (package, ", ".join(f"{number} ({count} runs)" for number, count in numbers.items()))
        for package, numbers in found.items()
    ]
    return Listing("Versions that the runs were computed with", ("package", "versions"), rows)


def _data(store: Store) -> Listing:
    """Digests of prepared folders by the names that they have on disk."""
    used = {key: Path(run.data).name for key, run in store.plan.runs.items()}
    pairs = dict.fromkeys((used[key], str(digest)) for key, digest in store.runs["data"].items())
    prose = "SHA-256 of voxels, labels, splits and tables."
    return Listing("Data", ("folder", "SHA-256"), list(pairs), prose)


def _used(store: Store) -> dict[str, list[str]]:
    """Experiments that have each run, or one that rests on it."""
    plan = store.plan
    found: dict[str, list[str]] = {key: [] for key in plan.runs}
    for name in plan.experiments:
        for key in plan.needed(cell.key for cell in plan.cells if cell.experiment == name):
            found[key].append(name)
    return found


def _runs(store: Store) -> Listing:
    rows, used = [], _used(store)
    for _, row in store.runs.iterrows():
        run = store.plan.runs[row["key"]]
        hashes = (str(row[name] or "")[:SHORT] for name in ("run_hash", "model_sha256", "data"))
        rests = ", ".join(run.upstream)
        rows.append((row["key"], ", ".join(used[row["key"]]), row["keys"], rests, *hashes))
    columns = ("run", "used by", "keys", "rests on", "run hash", "weights", "data")
    prose = f"Keys are those that differ from the bundle's own; of hashes the first {SHORT} digits."
    return Listing("Runs", columns, rows, prose, runs=True)


def _engine() -> str:
    try:
        return version("snakemake")
    except PackageNotFoundError:
        return "not installed"
