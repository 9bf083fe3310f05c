"""By which weights, and how, the results of an inference were made."""

from __future__ import annotations

from pathlib import Path

import torch
from ignite.engine import Engine, Events

from .. import __version__
from ..files import sha256_of, write_json, writing
from ..ranks import is_main
from ..store.lock import lock_folder, refuse_gone, release_folder
from ..weights import weight_file
from .identity import now, versions
from .inferers import precision_of

RECORD = "inference.json"


class SaveRecord:
    """Write ``inference.json`` beside the results when an inference has ended.

    It names the weights with their SHA-256, the device, the precision that the network ran in and
    the versions of the libraries. Until then the folder is this process's, and there is no record,
    not one of an earlier inference either, whose results are being replaced.

    Args:
        output_dir: folder of the results, made where it is missing.
        model: weight file, or the folder of a run or bundle.
    """

    def __init__(self, output_dir: str | Path, model: str | Path) -> None:
        self.path, self.model = Path(output_dir) / RECORD, Path(model)
        self._weights: dict[str, str] = {}

    def attach(self, engine: Engine) -> None:
        """Register with an evaluator."""
        if is_main():
            engine.add_event_handler(Events.STARTED, self._begin)
            engine.add_event_handler(Events.ITERATION_COMPLETED, self._check)
            engine.add_event_handler(Events.COMPLETED, self)

    def _begin(self) -> None:
        lock_folder(self.path.parent)
        with writing(self.path):
            self.path.unlink(missing_ok=True)
        weights = weight_file(self.model)
        self._weights = {"model": str(weights), "sha256": sha256_of(weights)}

    def _check(self) -> None:
        refuse_gone(self.path.parent)

    def __call__(self, engine: Engine) -> None:
        """Write it.

        Raises:
            UserError: at the start, another process writes to the folder; after a scan, the folder
                is gone, and with it the results.
        """
        self._check()
        content = {
            "medssl": __version__,
            **self._weights,
            "device": torch.device(engine.state.device).type,
            "precision": precision_of(engine),
            "versions": versions(),
            "finished": now(),
        }
        write_json(self.path, content)
        release_folder(self.path.parent)
