"""Training steps of several ranks: DistributedDataParallel under ``torchrun``.

Each rank reads its own share of the joint batch; what is counted are samples a second over all.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import torch
from torch import distributed
from torch.nn.parallel import DistributedDataParallel

from steps import load_bundle, seconds_of, settled_trainer

BUNDLE = "pretrain_simclr"


def bench_ranks(
    data: Path, device: str, steps: int, counts: list[int], **overrides: Any
) -> Iterator[dict[str, Any]]:
    """One row for each number of ranks; what fails is named so."""
    one = 0.0
    for count in counts:
        row: dict[str, Any] = {"bundle": BUNDLE, "ranks": count}
        try:
            found = _run_ranks(data, device, steps, count, overrides)
            one = one or found / count
            row |= {"samples_a_second": found, "times_one": found / one}
        except RuntimeError as error:
            row["failed"] = str(error)
        print("ranks:", row, flush=True)
        yield row


def _run_ranks(data: Path, device: str, steps: int, count: int, overrides: dict[str, Any]) -> float:
    with tempfile.TemporaryDirectory() as name:
        task = Path(name) / "task.json"
        task.write_text(json.dumps([str(data), device, steps, overrides]))
        launch = ["-m", "torch.distributed.run", "--standalone", f"--nproc_per_node={count}"]
        command = [sys.executable, "-W", "ignore", *launch, __file__, str(task)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            told = [line for line in done.stderr.splitlines() if "Error: " in line]
            raise RuntimeError((told or ["no message"])[0].strip())
        return float(json.loads(task.read_text()))


def samples_a_second(data: Path, place: str, steps: int, overrides: dict[str, Any]) -> float:
    """Median over steps, of all ranks of the process group that this process is in.

    Args:
        data: prepared scans.
        place: this rank's device, such as ``cuda:1``.
        steps: how many are timed.
        overrides: of the bundle's keys.
    """
    parser = load_bundle(
        BUNDLE,
        dataset_dir=data,
        device=f"$torch.device('{place}')",
        crops_per_scan=512,
        **overrides,
    )
    trainer = settled_trainer(parser)
    prepare, inferer = trainer.prepare_batch, trainer.inferer
    network, loss, optimizer = trainer.network, trainer.loss_function, trainer.optimizer
    device = torch.device(place)
    joint = DistributedDataParallel(network, device_ids=None if device.index is None else [device])
    batches = iter(parser.get_parsed_content("train#dataloader"))

    def step() -> None:
        inputs, targets = prepare(next(batches), device, True)
        optimizer.zero_grad()
        loss(inferer(inputs, joint), targets).backward()
        optimizer.step()

    seconds_of(step, 2, device)
    distributed.barrier()
    seconds = median(seconds_of(step, steps, device))
    return float(distributed.get_world_size() * parser.get_parsed_content("batch_size") / seconds)


def _one_rank(task: Path) -> None:
    data, kind, steps, overrides = json.loads(task.read_text())
    cuda = kind == "cuda"
    distributed.init_process_group("nccl" if cuda else "gloo")
    place = f"cuda:{os.environ['LOCAL_RANK']}" if cuda else "cpu"
    found = samples_a_second(Path(data), place, steps, overrides)
    if distributed.get_rank() == 0:
        task.write_text(json.dumps(found))
    distributed.barrier()
    distributed.destroy_process_group()


if __name__ == "__main__":
    _one_rank(Path(sys.argv[1]))
