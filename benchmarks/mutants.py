"""Do the tests bite? Small changes of modules, and whether any test notices.

    python benchmarks/mutants.py [--rooms transforms crops ...] [--count 60] [--seed 0] [--jobs 2]

Draws mutants of each room (cosmic-ray's operators) and runs the module's own tests in a fork for
each, then, where these pass, those of the whole room. What no test notices is listed with the
reason that benchmarks/mutants_reasons.json gives: some changes change nothing that can be seen.
Rooms that are not asked for keep the figures they had. Exit status 1 where less than 85 % of a
room's were noticed, or no reason is given.
"""

from __future__ import annotations

import argparse
import importlib
import json
import random
import resource
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

from scipy.stats import binomtest

from measured import made_now
from mutants_made import Mutant, mutants_of, unchanged
from mutants_run import CPU_SECONDS, LIBRARIES, NOTICED, status_of
from sections import write_between

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("transforms", "crops", "sources", "transfer", "metrics")
REASONS = Path(__file__).with_name("mutants_reasons.json")
GOAL = 0.85  # of a room's mutants, to be noticed
Row = dict[str, Any]


def modules_of(room: str) -> Iterator[tuple[Path, Path]]:
    """Modules of a room that have tests of their name, and these."""
    folder = ROOT / "shared" / "medssl" / room
    for path in sorted(folder.rglob("*.py")):
        tests = ROOT / "tests" / path.relative_to(folder.parent).with_name(f"test_{path.name}")
        if tests.is_file():
            yield path, tests


def children_cpu_s() -> float:
    """CPU seconds of all processes that were waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def usual_cpu_s(tests: Path, module: Path) -> float:
    """CPU seconds of tests with a module as it is, put in its place as its mutants are.

    Raises:
        SystemExit: they fail, see :func:`refuse_failing`.
    """
    before = children_cpu_s()
    refuse_failing(tests, module)
    return children_cpu_s() - before


def refuse_failing(tests: Path, module: Path) -> None:
    """The control of tests.

    Raises:
        SystemExit: they fail with a module as it is, so that they would notice all its mutants.
    """
    if status := status_of(ROOT, [tests], unchanged(module), 600):
        raise SystemExit(f"{tests}: fails with {module} as it is (status {status})")


def judge(room: str, mutant: Mutant, tests: Path, own_s: float, room_s: float) -> Row:
    """Which tests notice a mutant: ``own``, those of the ``room``, or none."""
    noticed = "own"
    if status_of(ROOT, [tests], mutant, own_s + CPU_SECONDS) not in NOTICED:
        whole = status_of(ROOT, [ROOT / "tests" / room], mutant, room_s + CPU_SECONDS)
        noticed = "room" if whole in NOTICED else ""
        if noticed:  # few are, so that it is asked of these modules alone
            refuse_failing(ROOT / "tests" / room, mutant.path)
    row = {key: value for key, value in asdict(mutant).items() if key != "source"}
    row["path"] = mutant.path.relative_to(ROOT).as_posix()
    print(json.dumps({**row, "noticed_by": noticed}), flush=True)
    return {**row, "noticed_by": noticed}


def try_room(room: str, count: int, seed: int, jobs: int) -> Row:
    """Draw mutants of a room and judge them."""
    modules = dict(modules_of(room))
    made = [mutant for path in modules for mutant in mutants_of(path)]
    drawn = random.Random(f"{seed} {room}").sample(made, min(count, len(made)))
    tests = {mutant.path: modules[mutant.path] for mutant in drawn}
    own_s = {path: usual_cpu_s(own, path) for path, own in tests.items()}
    room_s = usual_cpu_s(ROOT / "tests" / room, drawn[0].path)
    print(f"{room}: {len(made)} mutants, {len(drawn)} drawn", flush=True)
    with ThreadPoolExecutor(jobs) as pool:  # each waits for forks
        rows = list(pool.map(lambda m: judge(room, m, tests[m.path], own_s[m.path], room_s), drawn))
    return {"made": len(made), "seed": seed, **made_now(), "mutants": rows}


def unused(report: dict[str, Row], reasons: dict[str, str]) -> list[str]:
    """Reasons of which no survivor is left: they would excuse one that comes back."""
    rows = [row for room in report.values() for row in room["mutants"] if not row["noticed_by"]]
    return sorted(set(reasons) - {_change(row) for row in rows})


def _change(row: Row) -> str:
    return f"{row['path']}: {row['was']} -> {row['now']}"


def reason_for(row: Row, reasons: dict[str, str]) -> str:
    """Why a mutant lives on; nothing where nobody has said so."""
    return reasons.get(_change(row), "")


def noticed(rows: Sequence[Row]) -> tuple[float, str]:
    """Share of mutants that were noticed, and the same told with its 95 % interval (Wilson's)."""
    found = binomtest(sum(bool(row["noticed_by"]) for row in rows), len(rows))
    low, high = found.proportion_ci(method="wilson")
    return found.statistic, f"{found.statistic:.0%} ({low:.0%} to {high:.0%})"


def faults(report: dict[str, Row], reasons: dict[str, str]) -> list[str]:
    """Rooms in which less was noticed than has to be, and survivors that nobody has explained."""
    shares = {room: noticed(found["mutants"]) for room, found in report.items()}
    few = [
        f"{room}: {told} noticed, at least {GOAL:.0%} wanted"
        for room, (share, told) in shares.items()
        if share < GOAL
    ]
    alive = [row for found in report.values() for row in found["mutants"] if not row["noticed_by"]]
    unsaid = [_change(row) for row in alive if not reason_for(row, reasons)]
    return few + [f"{change}: lives, and {REASONS.name} does not say why" for change in unsaid]


def section(report: dict[str, Row], reasons: dict[str, str]) -> str:
    """The section's text."""
    counts, survivors = "", ""
    for room, found in report.items():
        rows = found["mutants"]
        left = [row for row in rows if not row["noticed_by"]]
        own = sum(row["noticed_by"] == "own" for row in rows)
        _, share = noticed(rows)
        made = ", ".join(found[key] for key in ("date", "commit") if key in found)
        cells = (found["made"], len(rows), own, len(rows) - own - len(left), share, made)
        counts += f"| {room} | {' | '.join(map(str, cells))} |\n"
        for row in left:
            place = f"{row['path'].removeprefix('shared/medssl/')}:{row['line']}"
            was, now = (row[key].replace("|", "\\|") for key in ("was", "now"))
            survivors += f"| {place} | `{was}` | `{now}` | {reason_for(row, reasons) or '-'} |\n"
    template = Path(__file__).with_suffix(".md").read_text(encoding="utf-8")
    return template.format(counts=counts, survivors=survivors)


def read(path: Path) -> dict[str, Any]:
    """A JSON object; an empty one where there is no file."""
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def main(words: Sequence[str] | None = None) -> None:
    """Import, try, write."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rooms", nargs="*", choices=ROOMS, default=list(ROOMS))
    options.add_argument("--count", type=int, default=60, help="drawn of each room")
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--jobs", type=int, default=2)
    options.add_argument("--output", type=Path, default=ROOT / "docs" / "reliability_mutants.json")
    options.add_argument("--page", type=Path, default=ROOT / "docs" / "reliability.md")
    asked = options.parse_args(words)
    for name in LIBRARIES:
        importlib.import_module(name)
    report = read(asked.output)
    for room in asked.rooms:
        report[room] = try_room(room, asked.count, asked.seed, asked.jobs)
        print(f"{room}: {noticed(report[room]['mutants'])[1]} noticed", flush=True)
        asked.output.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    reasons = read(REASONS)
    write_between(asked.page, "mutants", section(report, reasons))
    if found := faults({room: report[room] for room in asked.rooms}, reasons):
        raise SystemExit("; ".join(found))


if __name__ == "__main__":
    main()
