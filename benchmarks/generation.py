"""Making samples: medssl against the literal methods in benchmarks/literal, one core against one.

    python benchmarks/generation.py [--device cuda] [--only models_genesis]

Both sides end with a float32 batch for the network. Crops: from crops in memory. Scans: from a scan
on disk, where the literal pipeline loads a float64 array of 320 x 320 x 74 voxels and medssl reads
its own store; the column "loaded" leaves the loading, and with it all reading, out of the literal
side alone. A ratio is measured only where both sides pass the test that they make the same
distribution.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np
import torch

from cases_crops import crop_cases
from cases_scans import scan_cases
from equivalence import NotEquivalentError
from interleaved import Ratio, cpu_total, in_turns, paired, per_call
from steps import make_data, seconds_of

TURNS = 5


class Row(NamedTuple):
    """Median milliseconds for one sample; ``p`` is the smallest corrected one of the comparison."""

    ours_ms: float
    literal_ms: float
    loaded_ms: float | None
    ratio: Ratio
    loaded_ratio: Ratio | None
    p: float


def milliseconds(
    action: Callable[[], object], samples: int, device: torch.device
) -> Callable[[], float]:
    """A turn of ``action``, whose calls make ``samples`` samples: milliseconds for one of them.

    CPU time, or the GPU's.
    """
    total = cpu_total(action)
    if device.type == "cuda":
        total = lambda calls: sum(seconds_of(action, calls, device))  # noqa: E731
    seconds = per_call(total)
    return lambda: 1000 * seconds() / samples


def measure_case(case: Any, device: torch.device) -> Row:
    """Check that a case makes the same samples both ways, then time both, in turns.

    Raises:
        NotEquivalentError: the samples differ in distribution.
    """
    p = case.check()
    cpu = torch.device("cpu")
    ways = {
        "ours": milliseconds(case.ours, case.samples, device),
        "literal": milliseconds(case.literal, case.literal_samples, cpu),
    }
    if case.loaded is not None:
        ways["loaded"] = milliseconds(case.loaded, case.literal_samples, cpu)
    taken = in_turns(ways, TURNS)
    medians = {name: median(found) for name, found in taken.items()}
    ratios = {name: paired(taken[name], taken["ours"]) for name in taken}
    figures = (medians["ours"], medians["literal"], medians.get("loaded"))
    return Row(*figures, ratios["literal"], ratios.get("loaded"), p)


def _try_case(case: Any, device: torch.device) -> dict[str, Any]:
    """Measure and print a case; one whose sides differ gets no ratio but the reason."""
    try:
        row = measure_case(case, device)
    except NotEquivalentError as error:
        print(f"{case.name}: NOT EQUIVALENT, {error}", flush=True)
        return {"failed": f"not equivalent: {error}"}
    loaded = f", loaded {row.loaded_ratio}" if row.loaded_ratio else ""
    print(
        f"{case.name}: {row.ours_ms:.2f} ms, literal {row.literal_ms:.1f} ms, "
        f"ratio {row.ratio}{loaded}",
        flush=True,
    )
    return row._asdict()


def measure(
    data: Path, device: torch.device, scratch: Path, only: str = ""
) -> dict[str, dict[str, Any]]:
    """Measure all cases whose name holds ``only``; print a line for each."""
    threads = torch.get_num_threads()
    cores = os.sched_getaffinity(0)
    torch.set_num_threads(1)
    os.sched_setaffinity(0, {max(cores)})
    try:
        cases = crop_cases(device)
        if device.type == "cpu":
            cases += scan_cases(data, scratch)
        rows = {}
        for case in cases:
            if only in case.name:
                rows[case.name] = _try_case(case, device)
    finally:
        os.sched_setaffinity(0, cores)
        torch.set_num_threads(threads)
    return rows


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--device", default="cpu")
    options.add_argument("--only", default="", help="measure the cases whose name holds this")
    arguments = options.parse_args()
    np.seterr(all="raise", under="ignore")
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        data = make_data(scratch) if arguments.device == "cpu" else scratch
        measure(data, torch.device(arguments.device), scratch, arguments.only)


if __name__ == "__main__":
    main()
