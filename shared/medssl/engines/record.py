"""By which weights, and how, the results of an inference were made."""

from __future__ import annotations

import os
from pathlib import Path

import torch
from ignite.engine import Engine, Events

from .. import __version__
from ..errors import UnwritableError
from ..files import gone, make_folder, sha256_of, write_json
from ..ranks import is_main
from ..weights import weight_file
from .identity import now, versions
from .inferers import precision_of

RECORD = "inference.json"


class SaveRecord:
    """Write ``inference.json`` beside the results when an inference has ended.

    It names the weights with their SHA-256, the device, the precision that the network ran in and
    the versions of the libraries.

    Args:
        output_dir: folder of the results, made where it is missing.
        model: weight file, or the folder of a run or bundle.
    """

    def __init__(self, output_dir: str | Path, model: str | Path) -> None:
        self.path, self.model = Path(output_dir) / RECORD, Path(model)
        self._folder: os.stat_result | None = None

    def attach(self, engine: Engine) -> None:
        """Register with an evaluator."""
        if is_main():
            engine.add_event_handler(Events.STARTED, self._begin)
            engine.add_event_handler(Events.ITERATION_COMPLETED, self._check)
            engine.add_event_handler(Events.COMPLETED, self)

    def _begin(self) -> None:
        make_folder(self.path.parent)
        self._folder = self.path.parent.stat()

    def _check(self) -> None:
        folder = self.path.parent
        if self._folder and not (folder.is_dir() and os.path.samestat(self._folder, folder.stat())):
            raise UnwritableError(gone(folder))

    def __call__(self, engine: Engine) -> None:
        """Write it.

        Raises:
            UnwritableError: the folder is gone, and with it the results; so after each scan.
        """
        self._check()
        weights = weight_file(self.model)
        content = {
            "medssl": __version__,
            "model": str(weights),
            "sha256": sha256_of(weights),
            "device": torch.device(engine.state.device).type,
            "precision": precision_of(engine),
            "versions": versions(),
            "finished": now(),
        }
        write_json(self.path, content)
