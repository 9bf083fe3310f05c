"""How long a validation takes, told from a part of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from ignite.engine import Events
from monai.bundle import ConfigParser
from torch import Tensor, nn

from ..bars import progress_bar


def validation_seconds(parser: ConfigParser, limit: float) -> float:
    """Seconds of one validation, from its first few batches.

    Args:
        parser: of a training whose evaluator sees a few batches only.
        limit: seconds for which the network computes; the rest of its work is told from these.
    """
    evaluator = parser.get_parsed_content("validate#evaluator")
    batches = len(parser.get_parsed_content("validate#dataloader"))
    with progress_bar(desc="validation", unit="batch", total=evaluator.state.epoch_length) as bar:
        evaluator.add_event_handler(Events.ITERATION_COMPLETED, lambda: bar.update())
        started = time.perf_counter()
        with forwards_within(evaluator.network, limit) as left_out:
            evaluator.run()
        seconds = time.perf_counter() - started + left_out()
    return seconds * batches / evaluator.state.epoch_length


@contextmanager
def forwards_within(network: nn.Module, seconds: float) -> Iterator[Callable[[], float]]:
    """Let a network compute for some time, and then repeat what it gave for inputs of that shape.

    A whole scan has many windows, and all take the same time.

    Args:
        network: whose ``forward`` is watched within the block.
        seconds: for which it computes.

    Yields:
        What tells how many seconds the forwards that were left out would have taken.
    """
    forward = network.forward
    times: list[float] = []
    known: dict[tuple[int, ...], tuple[Any, float]] = {}
    missing = 0.0

    def watched(inputs: Tensor, *others: Any, **named: Any) -> Any:
        nonlocal missing
        shape = tuple(inputs.shape)
        if shape in known and sum(times) > seconds:
            missing += known[shape][1]
            return known[shape][0]
        started = time.perf_counter()
        outputs = forward(inputs, *others, **named)
        if inputs.is_cuda:
            torch.cuda.synchronize(inputs.device)
        times.append(time.perf_counter() - started)
        known[shape] = outputs, times[-1]
        return outputs

    network.forward = watched
    try:
        yield lambda: missing
    finally:
        del network.forward
