"""Precision, memory layout and compilation: a training step of the U-Net in each way, in turns.

    python benchmarks/ways.py [--compile] [--device cuda] [--turns 3]

Writes docs/benchmarks_ways.json and the tables of docs/how-to/precision-and-speed.md. What is held
to an older CPU (``ONEDNN_MAX_CPU_ISA=AVX2 ATEN_CPU_CAPABILITY=avx2`` before the command), what is
measured on another device and what is compiled are parts of their own; others keep what they had.
On a CPU seconds are CPU time of one thread, which other programs hardly move; on a GPU they are the
GPU's.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from bench_page import read_report
from interleaved import Ratio, cpu_time, in_turns, paired
from measured import made_now, when_measured
from medssl.engines import AutocastInferer, chosen_precision
from medssl.errors import UserError
from medssl.files import write_json
from medssl.networks import UNet3D, place
from sections import write_between
from steps import ROOT

OUTPUT = ROOT / "docs" / "benchmarks_ways.json"
PAGE = ROOT / "docs" / "how-to" / "precision-and-speed.md"
COMPILED_TOO = ", compiled too"


class Way(NamedTuple):
    """How a network runs."""

    amp: str
    channels_last: bool
    compile: bool = False

    @property
    def label(self) -> str:
        layout = ", channels last" if self.channels_last else ""
        return f"{self.amp}{layout}{', compiled' if self.compile else ''}"


class Size(NamedTuple):
    """What goes through it: ``batch`` crops of ``side`` voxels along each axis."""

    base_channels: int
    side: int
    batch: int


EAGER = [Way(amp, last) for amp in ("off", "bf16") for last in (False, True)]
# Each beside itself.
COMPILED = [Way(*way, made) for way in (("off", False), ("bf16", True)) for made in (False, True)]
SIZES = [Size(8, 32, 4), Size(8, 64, 2), Size(32, 32, 2)]
GPU_SIZES = [Size(8, 64, 16), Size(32, 64, 16), Size(32, 96, 2)]


def seconds(action: Callable[[], object], device: torch.device) -> float:
    """Of one call: CPU time of this process, or the GPU's time."""
    if device.type != "cuda":
        return cpu_time(action)
    first, last = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    first.record()
    action()
    last.record()
    torch.cuda.synchronize()
    return first.elapsed_time(last) / 1000


def make_step(way: Way, size: Size, device: torch.device) -> Callable[[bool], Tensor]:
    """A forward, and where asked a backward, on the same crops every time."""
    torch.manual_seed(0)
    network: nn.Module = place(UNet3D(base_channels=size.base_channels), device, way.channels_last)
    # In one graph, or not at all: past its limit of variants torch would go on without compiling.
    run = torch.compile(network, fullgraph=True) if way.compile else network
    inferer = AutocastInferer(way.amp, way.channels_last)
    images = torch.rand(size.batch, 1, *(size.side,) * 3, device=device)

    def step(learn: bool) -> Tensor:
        network.train(learn)
        with torch.set_grad_enabled(learn):
            loss = inferer(images, run).square().mean()
        if learn:
            loss.backward()
        return loss

    return step


def usable(way: Way, device: torch.device) -> bool:
    """Whether the machine does it in useful time."""
    try:
        return bool(chosen_precision(way.amp, device))
    except UserError:
        return False


def rows(
    ways: Sequence[Way], sizes: Sequence[Size], device: torch.device, turns: int
) -> Iterator[dict[str, Any]]:
    """One row for each size: of a training step and of a forward, by way, the median seconds.

    ``*_gain`` is how many times as fast as the first way they are: the ratios of each turn.
    """
    for size in sizes:
        torch.compiler.reset()  # what was compiled for other sizes counts towards that limit
        steps = {way.label: make_step(way, size, device) for way in ways if usable(way, device)}
        row: dict[str, Any] = size._asdict()
        for name, learn in (("step", True), ("forward", False)):
            timed = {
                label: partial(seconds, partial(step, learn), device)
                for label, step in steps.items()
            }
            in_turns(timed, 1)  # to warm up
            taken = in_turns(timed, turns)
            first = taken[ways[0].label]
            row[f"{name}_s"] = {way: statistics.median(each) for way, each in taken.items()}
            row[f"{name}_gain"] = {way: paired(first, each) for way, each in taken.items()}
        yield row


def section(report: Mapping[str, Mapping[str, Any]]) -> str:
    """Markdown: a table for each part."""
    text = ""
    for name, part in report.items():
        ways = list(part["rows"][0]["step_s"])
        text += f"\n{name}, torch {part['versions']['torch']}. {when_measured([part])}\n\n"
        text += f"| width, crops | | {' | '.join(ways)} |\n|{'---|' * (len(ways) + 2)}\n"
        for row in part["rows"]:
            size = f"{row['base_channels']}, {row['batch']} of {row['side']}^3"
            for kind, shown in (("step", size), ("forward", "")):
                cells = [_cell(row, kind, way, ways[0]) for way in ways]
                text += f"| {' | '.join([shown, kind, *cells])} |\n"
    return f"{text}\n"


def _cell(row: Mapping[str, Any], kind: str, way: str, first: str) -> str:
    gain = "" if way == first else f" ({Ratio(*row[f'{kind}_gain'][way]).median:.2f})"
    return f"{row[f'{kind}_s'][way]:.3f}{gain}"


def main(words: Sequence[str] | None = None) -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--compile", action="store_true", help="the compiled ways")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    parser.add_argument("--page", type=Path, default=PAGE)
    given = parser.parse_args(words)
    device = torch.device(given.device)
    torch.set_num_threads(1)
    cuda = device.type == "cuda"
    made = made_now(device=torch.cuda.get_device_name(device) if cuda else None)
    found = []
    ways, sizes = COMPILED if given.compile else EAGER, GPU_SIZES if cuda else SIZES
    for row in rows(ways, sizes, device, given.turns):
        print(row, flush=True)
        found.append(row)
    part = made["device"] + COMPILED_TOO * given.compile
    report = {**read_report(given.output), part: {**made, "turns": given.turns, "rows": found}}
    write_json(given.output, report)
    write_between(given.page, "ways", section(report))


if __name__ == "__main__":
    main()
