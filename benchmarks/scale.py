"""How opening lists and starting a run grow with the number of scans, on made-up entries.

    python benchmarks/scale.py [--counts 1000 10000 100000]

Each number in a fresh process, after its imports: seconds to load the training list, which comes
first, as a list would lie in memory that something before it has freed, and to read the manifest;
then all that a run of SimCLR does before its first step: both lists, the identity of the run, the
share of crops that pass, loader, first batch. CPU seconds of one thread. Then what the sampler
takes for the keys of two epochs, by its allocations.
"""

from __future__ import annotations

import argparse
import itertools
import json
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import DataLoader

from made_up import make_up, make_volumes
from medssl.engines.sampling import EpochStream
from medssl.store import load_datalist, volume_file
from medssl.store.manifest import read_manifest
from memory import grown_mib
from steps import load_bundle

COUNTS = (1000, 10_000, 100_000)
SMALL = {"base_channels": 4, "batch_size": 4, "num_workers": 0, "crop_size": [32, 32, 32]}
BEFORE = ("train#dataset", "validate#dataset", "run#0", "run#1", "run#2", "train#dataloader")


@contextmanager
def opened_volumes() -> Iterator[list[Path]]:
    """The files of volumes that are opened meanwhile."""
    found: list[Path] = []
    original = volume_file._open

    def noting(path: Path) -> Any:
        found.append(path)
        return original(path)

    volume_file._open = noting
    try:
        yield found
    finally:
        volume_file._open = original


def start_run(folder: Path, output: Path) -> DataLoader[Any]:
    """What a run of SimCLR does before its first step, on the CPU; its loader."""
    places = {"dataset_dir": str(folder), "output_dir": str(output)}
    device = "$torch.device('cpu')"
    parser = load_bundle("pretrain_simclr", **places, device=device, **SMALL)
    for key in BEFORE:
        parser.get_parsed_content(key)
    loader: DataLoader[Any] = parser.get_parsed_content("train#dataloader")
    next(iter(loader))
    return loader


def keys_mib(stream: EpochStream) -> float:
    """MiB that are allocated at the worst moment of drawing two epochs and the first of a third.

    Not the growth of the process: what it has freed before is used again, and hides them. Python
    and NumPy tell of their allocations; of PyTorch's own, which do not, an epoch's order is added.
    """
    tracemalloc.start()
    for _ in itertools.islice(iter(stream), 2 * len(stream) + 1):
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return (peak + stream.groups(0).nbytes) / 2**20


def measure(folder: Path, output: Path) -> dict[str, Any]:
    """Seconds, opened volumes and MiB of one prepared folder."""
    torch.set_num_threads(1)
    row: dict[str, Any] = {}
    row["datalist_s"], row["list_mib"] = grown_mib(
        lambda: _seconds(lambda: load_datalist(folder, "training"))
    )
    row["manifest_s"] = _seconds(lambda: read_manifest(folder))
    with opened_volumes() as opened:
        begun = time.process_time()
        loader = start_run(folder, output)
        row["start_s"] = time.process_time() - begun
    row["opened"] = len(opened)
    row["sampler_mib"] = keys_mib(loader.batch_sampler)  # type: ignore[arg-type]
    return row


def _seconds(action: Callable[[], object]) -> float:
    start = time.process_time()
    action()
    return time.process_time() - start


def bench_scale(scratch: Path, counts: tuple[int, ...] = COUNTS) -> list[dict[str, Any]]:
    """A row for each number of entries; prints them."""
    real = make_volumes(scratch)
    rows = []
    for count in counts:
        folder = make_up(scratch, real, count)
        command = [sys.executable, "-W", "ignore", __file__, "--one", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        row = {"scans": count, **json.loads(done.stdout.splitlines()[-1])}
        print(
            f"{count} scans: manifest {row['manifest_s']:.2f} s, list {row['datalist_s']:.2f} s, "
            f"start {row['start_s']:.2f} s, {row['opened']} volumes opened",
            flush=True,
        )
        rows.append(row)
    return rows


def scale_table(rows: list[dict[str, Any]]) -> str:
    """Markdown lines of the figures."""
    lines = [
        "| scans | manifest, s | data list, s | opening it takes, MiB | start to first batch, s "
        "| volumes opened | keys of two epochs take, MiB |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        figures = f"{row['manifest_s']:.2f} | {row['datalist_s']:.2f} | {row['list_mib'] or 0:.0f}"
        figures += f" | {row['start_s']:.2f} | {row['opened']} | {row['sampler_mib']:.2f}"
        lines.append(f"| {row['scans']:,} | {figures} |")
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--counts", type=int, nargs="+", default=COUNTS)
    options.add_argument("--one", type=Path, help="measure this folder alone, print JSON")
    arguments = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        if arguments.one is None:
            bench_scale(Path(name), tuple(arguments.counts))
        else:
            print(json.dumps(measure(arguments.one, Path(name) / "run")))


if __name__ == "__main__":
    main()
