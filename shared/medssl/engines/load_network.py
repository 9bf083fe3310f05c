"""Trained weights into the network of an evaluation or inference, when its engine starts."""

from __future__ import annotations

from pathlib import Path

from ignite.engine import Engine, Events
from torch import nn

from ..errors import UserError
from ..weights import Weights, load_exactly, load_torch, read_weights, weight_file
from .evaluation import note_weights
from .provenance import CHECKPOINT
from .run_state import check_state, refuse_other_run


class LoadModel:
    """Load ``model.pt`` strictly when an evaluation or inference engine starts.

    Args:
        path: flat state dict of ``network``, or the folder of a run or bundle.
        network: the bundle's ``network_def``.
    """

    def __init__(self, path: str | Path, network: nn.Module) -> None:
        self.path, self.network = Path(path), network

    def attach(self, engine: Engine) -> None:
        """Register with the engine."""
        engine.add_event_handler(Events.STARTED, self)
        engine.add_event_handler(Events.STARTED, note_weights, self.path)

    def __call__(self) -> None:
        check_state(self.path)
        load_exactly(self.network, read_weights(self.path), self.path)


class LoadTrainingNetwork:
    """Load the network of ``checkpoint.pt`` strictly when an evaluation engine starts.

    ``model.pt`` holds only what inference needs; a pretext task such as relative patch location
    is judged with its heads, which stay in the checkpoint.

    Args:
        model: ``checkpoint.pt`` of a run, or the folder of a run or bundle.
        network: the bundle's training ``network_def``.

    Raises:
        UserError: at the engine's start, where there is no checkpoint or it does not fit.
    """

    def __init__(self, model: str | Path, network: nn.Module) -> None:
        self.path, self.network = Path(model), network

    def attach(self, engine: Engine) -> None:
        """Register with the engine."""
        engine.add_event_handler(Events.STARTED, self)
        engine.add_event_handler(Events.STARTED, note_weights, self.path, CHECKPOINT)

    def __call__(self) -> None:
        path = weight_file(self.path, CHECKPOINT)
        load_exactly(self.network, training_network(path), path)


def training_network(path: Path) -> Weights:
    """The weights of the training network in a checkpoint.

    Raises:
        UserError: the file is missing, damaged, no checkpoint or that of another run.
    """
    content = load_torch(path)
    try:
        weights = dict(content["state"]["network"])
    except (KeyError, TypeError) as error:
        raise UserError(
            f"{path}: no {CHECKPOINT} of a run; its heads are needed here, so name the run's "
            f"{CHECKPOINT} or its folder"
        ) from error
    refuse_other_run(path, content)
    return weights
