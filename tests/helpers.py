"""What several tests need: two ranks, a run killed on purpose, a network without defaults."""

from datetime import timedelta

import pytest
import torch
from ignite.engine import Engine, Events
from torch import distributed, multiprocessing

from medssl.engines import leave_process_group

RANKS = 2


class Killed(Exception):
    """Stands in for a signal that ends the process."""


def run_and_kill(trainer, iteration):
    """Run a trainer until the given iteration is completed, then stop it by an exception."""

    def kill(engine):
        if engine.state.iteration == iteration:
            raise Killed

    trainer.add_event_handler(Events.ITERATION_COMPLETED, kill)
    with pytest.raises(Killed):
        trainer.run()


def move_every_entry(network):
    """Move every parameter and buffer away from its value; return the network."""
    for value in network.state_dict().values():
        if value.is_floating_point():
            value.add_(torch.rand_like(value))
        else:
            value.add_(3)
    return network


def _run_rank(rank, work, folder):
    torch.set_num_threads(1)
    distributed.init_process_group(
        "gloo",
        init_method=f"file://{folder / 'store'}",
        rank=rank,
        world_size=RANKS,
        timeout=timedelta(seconds=60),
    )
    torch.save(work(rank), folder / f"{rank}.pt")
    leave_process_group()


def on_two_ranks(work, folder):
    """What ``work(rank)``, a function of a module, returns on each of two gloo ranks."""
    multiprocessing.spawn(_run_rank, (work, folder), nprocs=RANKS)
    return [torch.load(folder / f"{rank}.pt") for rank in range(RANKS)]


def figures_of(metric, batches):
    """Run ``metric`` over ``(output, cases)`` pairs; what it leaves among an engine's metrics."""

    def step(engine, batch):
        output, cases = batch
        engine.state.batch = {"case": cases}
        return output

    engine = Engine(step)
    metric.attach(engine, "beside")
    return engine.run(batches).metrics


def flip_bit(content, place):
    """Bytes with one bit the other way, counted from the lowest of the first byte."""
    damaged = bytearray(content)
    damaged[place // 8] ^= 1 << place % 8
    return bytes(damaged)
