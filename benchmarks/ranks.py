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

from steps import load_bundle, seconds_of

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


def _one_rank(task: Path) -> None:
    data, kind, steps, overrides = json.loads(task.read_text())
    cuda = kind == "cuda"
    distributed.init_process_group("nccl" if cuda else "gloo")
    place = f"cuda:{os.environ['LOCAL_RANK']}" if cuda else "cpu"
    parser = load_bundle(
        BUNDLE,
        dataset_dir=data,
        device=f"$torch.device('{place}')",
        crops_per_scan=512,
        **overrides,
    )
    names = ("train#prepare_batch", "train#inferer", "network", "loss", "optimizer")
    prepare, inferer, network, loss, optimizer = map(parser.get_parsed_content, names)
    joint = DistributedDataParallel(network, device_ids=[torch.device(place)] if cuda else None)
    batches = iter(parser.get_parsed_content("train#dataloader"))
    device = torch.device(place)

    def step() -> None:
        inputs, targets = prepare(next(batches), device, True)
        optimizer.zero_grad()
        loss(inferer(inputs, joint), targets).backward()
        optimizer.step()

    seconds_of(step, 2, device)
    distributed.barrier()
    seconds = median(seconds_of(step, steps, device))
    if distributed.get_rank() == 0:
        samples = distributed.get_world_size() * parser.get_parsed_content("batch_size")
        task.write_text(json.dumps(samples / seconds))
    distributed.barrier()
    distributed.destroy_process_group()


if __name__ == "__main__":
    _one_rank(Path(sys.argv[1]))
