"""Trained weights into the network of an evaluation or inference, when its engine starts."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from ignite.engine import Engine, Events
from torch import nn

from ..errors import UserError
from ..ranks import is_main
from ..weights import Weights, load_exactly, load_torch, read_weights, weight_file
from .evaluation import note_weights
from .model_file import MODEL
from .provenance import CHECKPOINT, read_provenance
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
        content = _read(path)
        load_exactly(self.network, content["state"]["network"], path)
        kept, judged = _step_kept(path), content.get("iteration")
        if is_main() and kept not in (None, judged):
            print(
                f"{path}: judged with its heads, as at step {judged}; {MODEL} beside it is of step "
                f"{kept}",
                file=sys.stderr,
                flush=True,
            )


def training_network(path: Path) -> Weights:
    """The weights of the training network in a checkpoint.

    Raises:
        UserError: the file is missing, damaged, no checkpoint or that of another run.
    """
    weights: Weights = _read(path)["state"]["network"]
    return weights


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = load_torch(path)
    try:
        dict(content["state"]["network"])
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(
            f"{path}: no {CHECKPOINT} of a run; its heads are needed here, so name the run's "
            f"{CHECKPOINT} or its folder"
        ) from error
    refuse_other_run(path, content)
    return content


def _step_kept(path: Path) -> int | None:
    """The step that ``model.pt`` beside a checkpoint is of, where its provenance says so."""
    model = path.with_name(MODEL)
    known = read_provenance(model) if model.is_file() else None
    return None if known is None else known.get("iteration")
