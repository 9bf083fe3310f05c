"""Training steps of the bundles: the whole step over the step on a batch that is already there.

Both take turns, and which is first alternates; the ratio is that of a turn's two. On a CPU a turn
is one step in CPU time of one thread, without workers, so that reading counts in full. On a GPU it
is several steps, those that the workers have prepared meanwhile left out.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from monai.bundle import ConfigParser
from monai.engines import Trainer

from interleaved import cpu_time, cpu_turns, in_turns, paired
from medssl.analysis.bundles import read_config
from medssl.networks.layout import lies_last
from medssl.phantom import prepare_phantom
from medssl.sources import prepare_images
from memory import peak_mib

ROOT = Path(__file__).resolve().parents[1]
BUNDLES = sorted(path.name for path in (ROOT / "bundles").glob("pretrain_*"))
SECONDS = 20  # of all turns on a CPU, where they are short
GPU_TURNS = 3
_PLAIN: dict[str, Any] = {"amp": "off", "channels_last": False, "compile": False}
# What a GPU is measured in, besides what a bundle chooses for it by itself.
VARIANTS: dict[str, dict[str, Any]] = {
    "single precision": _PLAIN,
    "compile": {**_PLAIN, "compile": True},
    "bf16": {**_PLAIN, "amp": "bf16"},
    "channels_last": {**_PLAIN, "channels_last": True},
    "bf16, channels_last, compile": {"amp": "bf16", "channels_last": True, "compile": True},
}


def make_data(folder: Path) -> Path:
    """Prepared phantom scans at 1 mm."""
    raw, data = folder / "raw", folder / "data"
    prepare_phantom(raw, scans=3, seed=0, spacing=1.5)
    prepare_images(raw, data, images="subset*/*.mhd", fractions=(0.4, 0.3, 0.3))
    return data


def load_bundle(name: str, **overrides: Any) -> ConfigParser:
    """A bundle's training configuration; overrides of keys that it lacks are left out."""
    parser = read_config(ROOT / "bundles" / name)
    parser.update({key: value for key, value in overrides.items() if key in parser.get()})
    return parser


def settled_trainer(parser: ConfigParser) -> Trainer:
    """The trainer of a bundle, with its network compiled where that is asked for.

    Before it the GPU's kernels are chosen, as they are before every run. Nothing is run yet.
    """
    parser.get_parsed_content("initialize")
    trainer: Trainer = parser.get_parsed_content("train#trainer")
    return trainer


def computed_in(parser: ConfigParser, device: torch.device) -> dict[str, str]:
    """What the keys ``amp`` and ``channels_last`` came to, whatever they were."""
    last = lies_last(parser.get_parsed_content("channels_last"), device)
    layout = "channels last" if last else "channels first"
    return {"precision": parser.get_parsed_content("precision"), "layout": layout}


def seconds_of(action: Callable[[], object], times: int, device: torch.device) -> list[float]:
    """Seconds of each of ``times`` calls, one right after the other.

    On a GPU the calls are timed by CUDA events and nothing waits in between, so that a transfer or
    a loader that the GPU does not notice costs nothing here either.
    """
    if device.type == "cuda":
        events = [torch.cuda.Event(enable_timing=True) for _ in range(times + 1)]
        events[0].record()
        for event in events[1:]:
            action()
            event.record()
        torch.cuda.synchronize()
        return [before.elapsed_time(after) / 1000 for before, after in pairwise(events)]
    marks = [time.perf_counter()]
    for _ in range(times):
        action()
        marks.append(time.perf_counter())
    return [after - before for before, after in pairwise(marks)]


def bench_step(
    bundle: str, data: Path, device: torch.device, steps: int, **overrides: Any
) -> dict[str, Any]:
    """Median whole step and model-only step in seconds, their ratio, and the GPU's peak memory.

    Args:
        bundle: its name.
        data: prepared folder.
        device: on a CPU one thread computes.
        steps: of each kind, or more where they are short.
        overrides: of the bundle's keys.
    """
    parser = load_bundle(
        bundle,
        dataset_dir=str(data),
        device=f"$torch.device('{device}')",
        crops_per_scan=8192,
        **overrides,
    )
    trainer = settled_trainer(parser)
    prepare, inferer = trainer.prepare_batch, trainer.inferer
    network, loss, optimizer = trainer.network, trainer.loss_function, trainer.optimizer
    loader = parser.get_parsed_content("train#dataloader")
    network.train()
    batches: Iterator[Any] = iter(loader)

    def batch() -> tuple[Any, Any]:
        inputs, targets = prepare(next(batches), device, True)
        return inputs, targets

    def optimise(inputs: Any, targets: Any) -> None:
        optimizer.zero_grad()
        loss(inferer(inputs, network), targets).backward()
        optimizer.step()

    fixed = batch()
    whole, model = (lambda: optimise(*batch())), (lambda: optimise(*fixed))
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
        ahead = loader.num_workers * (loader.prefetch_factor or 0)
        taken = _gpu_turns(whole, model, steps, ahead, device)
    else:
        torch.set_num_threads(1)
        taken = _cpu_turns(whole, model, steps)
    row: dict[str, Any] = {f"{name}_s": statistics.median(each) for name, each in taken.items()}
    row |= {"ratio": paired(taken["full"], taken["model"]), "turns": len(taken["full"])}
    row |= {"batch": parser.get_parsed_content("batch_size"), **computed_in(parser, device)}
    if device.type == "cuda":
        row["peak_mib"] = round(torch.cuda.max_memory_allocated() / 2**20)
    return row


def _cpu_turns(
    whole: Callable[[], object], model: Callable[[], object], steps: int
) -> dict[str, list[float]]:
    """CPU seconds of single steps; the first of each does not count."""
    both = cpu_time(whole) + cpu_time(model)
    return cpu_turns({"full": whole, "model": model}, max(steps, int(SECONDS / both)), 0)


def _gpu_turns(
    whole: Callable[[], object],
    model: Callable[[], object],
    steps: int,
    ahead: int,
    device: torch.device,
) -> dict[str, list[float]]:
    """The GPU's seconds of a step in each turn.

    Args:
        whole: a step with its loading; what workers have ready before a turn is used up first.
        model: one on a batch that is there.
        steps: of all turns together.
        ahead: batches that workers prepare.
        device: a GPU.
    """
    each = max(1, steps // GPU_TURNS)

    def turn(step: Callable[[], object], first: int) -> Callable[[], float]:
        return lambda: statistics.fmean(seconds_of(step, first + each, device)[first:])

    ways = {"full": turn(whole, ahead), "model": turn(model, 1)}
    in_turns(ways, 1)
    return in_turns(ways, GPU_TURNS)


def bench_in_subprocess(
    bundle: str, data: Path, device: torch.device, steps: int, **overrides: Any
) -> dict[str, Any]:
    """The same in a fresh process, with its own peak of resident memory on a CPU.

    Raises:
        RuntimeError: the process failed; the message is the last line that it printed.
    """
    with tempfile.TemporaryDirectory() as name:
        task = Path(name) / "task.json"
        task.write_text(json.dumps([bundle, str(data), str(device), steps, overrides]))
        command = [sys.executable, "-W", "ignore", __file__, str(task)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError((done.stderr.strip().splitlines() or ["no message"])[-1])
        return dict(json.loads(task.read_text()))


def _run_task(task: Path) -> None:
    bundle, data, device, steps, overrides = json.loads(task.read_text())
    row = bench_step(bundle, Path(data), torch.device(device), steps, **overrides)
    if device == "cpu":
        row["peak_mib"] = round(peak_mib())
    task.write_text(json.dumps(row))


if __name__ == "__main__":
    _run_task(Path(sys.argv[1]))
