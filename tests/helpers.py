"""What several tests need: two ranks, a run killed on purpose, a network without defaults."""

import fcntl
import os
import pickle
import sys
import tracemalloc
from collections import Counter

import pytest
import torch
from ignite.engine import Engine, Events

from .rank import RANKS
from .warm import ROOT, Warm


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


def on_two_ranks(work, folder):
    """What ``work(rank)``, a function of a module, returns on each of two gloo ranks."""
    (folder / "work.pkl").write_bytes(pickle.dumps(work))
    words = [sys.executable, "-W", "ignore", "-m", "tests.rank", folder]
    ranks = [Warm([*words, str(rank)], ROOT) for rank in range(RANKS)]
    try:
        for done in [rank.finish() for rank in ranks]:
            assert done.returncode == 0, done.stderr
    finally:
        for rank in ranks:
            rank.end()
    return [torch.load(folder / f"{rank}.pt") for rank in range(RANKS)]


def made_once(tmp_path_factory, name, make):
    """The folder ``name`` that ``make(folder)`` fills for all workers of a session, to be read."""
    root = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent  # of each worker's own
    folder, done = root / name, root / f"{name}.done"
    with (root / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            folder.mkdir()
            make(folder)
            done.touch()
    return folder


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


def calls_of(work):
    """How often ``work()`` calls each function of Python and C, on any machine."""
    counts = Counter()

    def count(frame, event, called):
        if event == "call":
            counts[frame.f_code.co_name] += 1
        elif event == "c_call":
            counts[called.__name__] += 1

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return counts


def most_memory_of(work):
    """Bytes that ``work()`` holds at most of what Python and numpy allocate."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
