"""The whole training network, for evaluating a pretext task whose heads are not handed over."""

from __future__ import annotations

from pathlib import Path

from ignite.engine import Engine, Events
from torch import nn

from ..weights import load_exactly, load_torch
from .checkpoint import CHECKPOINT


class LoadTrainingNetwork:
    """Load the network of ``checkpoint.pt`` strictly when an evaluation engine starts.

    ``model.pt`` holds only what inference needs; a pretext task such as relative patch location
    is judged with its heads, which stay in the checkpoint.

    Args:
        output_dir: folder of the run.
        network: the bundle's training ``network_def``.

    Raises:
        UserError: at the engine's start, where there is no checkpoint or it does not fit.
    """

    def __init__(self, output_dir: str | Path, network: nn.Module) -> None:
        self.path, self.network = Path(output_dir) / CHECKPOINT, network

    def attach(self, engine: Engine) -> None:
        """Register with the engine."""
        engine.add_event_handler(Events.STARTED, self)

    def __call__(self) -> None:
        load_exactly(self.network, load_torch(self.path)["state"]["network"], self.path)
