"""Precision, memory layout and compilation: a training step of the U-Net in each way, in turns.

``python benchmarks/ways.py`` prints one JSON row for each size. ``ONEDNN_MAX_CPU_ISA=AVX2`` before
it, with ``--amp off``, shows an older CPU. On a CPU seconds are CPU time of one thread, which other
programs hardly move; on a GPU they are the GPU's.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor, nn

from medssl.engines import AutocastInferer, chosen_precision
from medssl.errors import UserError
from medssl.networks import UNet3D, place


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
COMPILED = [Way("off", False, True), Way("bf16", True, True)]
SIZES = [Size(8, 32, 4), Size(8, 64, 2), Size(32, 32, 2), Size(32, 64, 1)]
GPU_SIZES = [Size(8, 64, 16), Size(32, 64, 16), Size(32, 96, 2)]


def seconds(action: Callable[[], object], device: torch.device) -> float:
    """Of one call: CPU time of this process, or the GPU's time."""
    if device.type != "cuda":
        started = time.process_time()
        action()
        return time.process_time() - started
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
    run = torch.compile(network) if way.compile else network
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
    ways: list[Way], sizes: list[Size], device: torch.device, turns: int
) -> Iterator[dict[str, object]]:
    """Median seconds of a training step and of a forward, by way; one row for each size."""
    for size in sizes:
        steps = {way: make_step(way, size, device) for way in ways if usable(way, device)}
        found: dict[str, dict[str, list[float]]] = {"train_s": {}, "forward_s": {}}
        for turn in range(turns + 1):  # the first is to warm up
            for way, step in steps.items():
                for name, learn in (("train_s", True), ("forward_s", False)):
                    taken = seconds(lambda step=step, learn=learn: step(learn), device)  # type: ignore[misc]
                    if turn:
                        found[name].setdefault(way.label, []).append(taken)
        medians = {
            name: {way: round(statistics.median(each), 4) for way, each in taken.items()}
            for name, taken in found.items()
        }
        isa = os.environ.get("ONEDNN_MAX_CPU_ISA", "all")
        yield {**size._asdict(), "device": str(device), "instructions": isa, **medians}


def main() -> None:
    """Print the rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--turns", type=int, default=4)
    parser.add_argument("--amp", default="off,bf16")
    parser.add_argument("--compile", action="store_true", help="the compiled ways too")
    given = parser.parse_args()
    device = torch.device(given.device)
    torch.set_num_threads(1)
    ways = [way for way in EAGER + COMPILED * given.compile if way.amp in given.amp.split(",")]
    sizes = GPU_SIZES if device.type == "cuda" else SIZES
    for row in rows(ways, sizes, device, given.turns):
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
