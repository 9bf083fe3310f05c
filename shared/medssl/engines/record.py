"""By which weights, and how, the results of an inference were made."""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from ignite.engine import Engine, Events

from .. import __version__
from ..files import parse_json, sha256_of, write_json, writing
from ..ranks import is_main
from ..store.lock import lock_folder, refuse_gone, release_folder
from ..weights import weight_file
from .identity import now, versions
from .inferers import precision_of

RECORD = "inference.json"
_NAMED = 3


class SaveRecord:
    """Write ``inference.json`` beside the results when an inference has ended.

    It names the weights with their SHA-256, the device, the precision that the network ran in and
    the versions of the libraries. Until then the folder is this process's, and there is no record,
    not one of an earlier inference either, whose results are being replaced. What is left of other
    weights is told, and listed as ``earlier``: the record is not of that.

    Args:
        output_dir: folder of the results, made where it is missing.
        model: weight file, or the folder of a run or bundle.
    """

    def __init__(self, output_dir: str | Path, model: str | Path) -> None:
        self.path, self.model = Path(output_dir) / RECORD, Path(model)
        self._weights: dict[str, str] = {}
        self._before: dict[str, int] = {}

    def attach(self, engine: Engine) -> None:
        """Register with an evaluator."""
        if is_main():
            engine.add_event_handler(Events.STARTED, self._begin)
            engine.add_event_handler(Events.ITERATION_COMPLETED, self._check)
            engine.add_event_handler(Events.COMPLETED, self)

    def _begin(self) -> None:
        lock_folder(self.path.parent)
        weights = weight_file(self.model)
        self._weights = {"model": str(weights), "sha256": sha256_of(weights)}
        self._before = self._of_others()
        with writing(self.path):
            self.path.unlink(missing_ok=True)

    def _of_others(self) -> dict[str, int]:
        """Files made by other weights, as far as the record that is there tells."""
        if not self.path.is_file():
            return {}
        try:
            former = parse_json(self.path.read_bytes())
        except ValueError:
            former = None
        known = former if isinstance(former, dict) else {}
        if known.get("sha256") != self._weights["sha256"]:
            return self._files()
        return {name: at for name, at in self._files().items() if name in known.get("earlier", ())}

    def _files(self) -> dict[str, int]:
        """Time of the last change of each file that is there, by path within the folder."""
        folder = self.path.parent
        kept = (RECORD, ".")
        files = [p for p in folder.rglob("*") if p.is_file() and not p.name.startswith(kept)]
        return {p.relative_to(folder).as_posix(): p.stat().st_mtime_ns for p in files}

    def _earlier(self) -> list[str]:
        """Files of the folder that this inference has not written."""
        now_there = self._files().items()
        earlier = sorted(name for name, changed in now_there if self._before.get(name) == changed)
        if earlier:
            more = f" and {len(earlier) - _NAMED} more" if earlier[_NAMED:] else ""
            print(
                f"{self.path.parent}: of other weights than {self._weights['model']} are "
                f"{', '.join(earlier[:_NAMED])}{more}",
                file=sys.stderr,
            )
        return earlier

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
            "earlier": self._earlier(),
            "device": torch.device(engine.state.device).type,
            "precision": precision_of(engine),
            "versions": versions(),
            "finished": now(),
        }
        write_json(self.path, content)
        release_folder(self.path.parent)
