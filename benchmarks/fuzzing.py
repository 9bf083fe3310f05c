"""Bad input of every kind, thousands of them, and what became of each.

    python benchmarks/fuzzing.py [--only KIND ...] [--seed 0] [--count N] [--jobs 2] [--write]

Seed, kind and number of an input say how it was damaged: ``--numbers`` tries some again.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from pathlib import Path

import fuzz.warm
from fuzz import page
from fuzz.campaign import Tried
from fuzz.every_kind import KINDS, apart
from fuzz.verdict import FAULTS
from measured import made_now


def main() -> None:
    """Run it; exit status 1 where anything is at fault."""
    arguments = _arguments()
    work = arguments.work.absolute()
    shutil.rmtree(work, ignore_errors=True)
    fuzz.warm.up()
    faults, made = 0, made_now(*page.PACKAGES)
    for kind in KINDS:
        if arguments.only and kind.name not in arguments.only:
            continue
        begun = time.monotonic()
        numbers = arguments.numbers or range(arguments.count or kind.count)
        tried = apart(kind.name, work, arguments.seed, numbers, arguments.jobs)
        found = page.record(kind, tried, arguments.seed, time.monotonic() - begun) | made
        counts = {name: count for name, count in found["counts"].items() if count}
        print(f"{kind.name}: seed {arguments.seed}, {found['seconds']} s, {counts}", flush=True)
        for each in tried:
            if arguments.show or each.verdict.what in FAULTS:
                print(f"  {_line(each)}", flush=True)
        faults += len(found["faults"])
        if arguments.write:
            page.save({kind.name: found}, [each.name for each in KINDS])
    sys.exit(1 if faults else 0)


def _line(each: Tried) -> str:
    detail = each.verdict.detail.replace("\n", " | ")
    return f"{each.number} {each.file}: {each.what}: {each.verdict.what}: {detail[:300]}"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, default=Path("runs/fuzz"))
    parser.add_argument("--only", nargs="*", choices=[kind.name for kind in KINDS])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, help="inputs of each kind")
    parser.add_argument("--numbers", type=int, nargs="*")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--show", action="store_true", help="say what became of each")
    parser.add_argument("--write", action="store_true", help=f"to {page.JSON.name} and the page")
    return parser.parse_args()


if __name__ == "__main__":
    main()
