"""``model.pt`` and where it came from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ignite.engine import Engine, Events
from monai.engines import Evaluator
from torch import nn

from ..errors import UserError
from ..files import parse_json, sha256_of, staged
from ..ranks import is_main
from ..store.contract import SCAN
from ..store.lock import refuse_gone
from ..weights import Weights, refuse_non_finite, write_torch
from .crop_report import CROPS
from .identity import RUN, digest
from .key_figure import refuse_no_figure
from .known_keys import NETWORK, TASK
from .provenance import PROVENANCE
from .running import current_bundle, current_task
from .trace import TRACE, figures_of, read_entries

MODEL = "model.pt"
TARGET = "target.pt"
LAST, BEST = "last", "best"
_APART = ("config", "extensions", SCAN, NETWORK)  # of run.json, on the first level of provenance
ANCESTORS = "ancestors.json"  # what the run's weights started from, the nearest first


class SaveModel:
    """Write ``model.pt``, the flat state dict of the inference network, and ``provenance.json``.

    Attached to a trainer (pretraining) it keeps the last epoch's weights, or where asked those of
    the best validation; attached to the evaluator (tasks) those of the best validation.

    Args:
        output_dir: folder of the run.
        network: the unwrapped training network.
        parts: top-level modules that belong to the inference network; None keeps all. SimCLR's
            projector, for one, is dropped.
        target: module of the network that holds a moving-average copy of these parts; it is written
            to ``target.pt`` under the same names (BYOL). None writes no such file.
        keep: ``last``, or ``best``: those of the best key metric of ``evaluator``.
        evaluator: validation engine; needed for ``best`` on a trainer.

    Raises:
        UserError: ``keep`` is neither; when it runs: the key metric of a validation is NaN.
    """

    def __init__(
        self,
        output_dir: str | Path,
        network: nn.Module,
        parts: list[str] | None = None,
        target: str | None = None,
        keep: str = LAST,
        evaluator: Engine | None = None,
    ) -> None:
        if keep not in (LAST, BEST):
            raise UserError(f"keep: {keep!r}, expected {LAST} or {BEST}")
        self.evaluator = evaluator if keep == BEST else None
        self.folder = Path(output_dir)
        self.networks = {MODEL: network}
        if target is not None:
            self.networks[TARGET] = network.get_submodule(target)
        self.parts = None if parts is None else tuple(f"{part}." for part in parts)
        self.kept = LAST

    def attach(self, engine: Engine) -> None:
        """Register with a trainer (last) or an evaluator (best)."""
        engine = self.evaluator or engine
        if isinstance(engine, Evaluator):
            engine.add_event_handler(Events.COMPLETED, refuse_no_figure)  # on every rank
        if not is_main():
            return
        self.kept = BEST if isinstance(engine, Evaluator) else LAST
        if isinstance(engine, Evaluator):
            engine.add_event_handler(Events.COMPLETED, self._save_if_best)
        else:
            engine.add_event_handler(Events.EPOCH_COMPLETED, self.save)

    def _save_if_best(self, engine: Engine) -> None:
        if engine.state.best_metric_epoch == engine.state.epoch:
            self.save(engine)

    def save(self, engine: Engine) -> None:
        """Write all files; the network's tensors go to the CPU in their own precision.

        Raises:
            UserError: a tensor is not finite, and the files stay as they were; or the run's folder
                is gone.
        """
        refuse_gone(self.folder)
        weights = {file: self._weights(network) for file, network in self.networks.items()}
        for file, values in weights.items():
            refuse_non_finite(values, self.folder / file)
        paths = [self.folder / file for file in (*weights, PROVENANCE)]
        with staged(*paths) as (*files, provenance):
            for temporary, values in zip(files, weights.values(), strict=True):
                write_torch(temporary, values)
            hashes = [sha256_of(temporary) for temporary in files]
            content = self._provenance(engine, dict(zip(weights, hashes, strict=True)))
            provenance.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")

    def _weights(self, network: nn.Module) -> Weights:
        return {
            name: value.detach().cpu().contiguous()
            for name, value in network.state_dict().items()
            if self.parts is None or name.startswith(self.parts)
        }

    def _provenance(self, engine: Engine, sha256: dict[str, str]) -> dict[str, Any]:
        run_file = self.folder / RUN
        run = json.loads(run_file.read_text(encoding="utf-8")) if run_file.is_file() else {}
        crops = self.folder / CROPS
        return {
            "sha256": sha256,
            "bundle": getattr(current_bundle(), "name", None),
            TASK: current_task(),
            SCAN: run.get(SCAN, {}),
            NETWORK: run.get(NETWORK, {}),
            "ancestors": _ancestors(self.folder / ANCESTORS),
            "epoch": engine.state.epoch,
            "kept": self.kept,
            "extensions": run.get("extensions", []),
            "data_sha256": digest(run.get("data", {})),
            "run": {key: run[key] for key in run if key not in _APART},
            "config_sha256": run.get("hash"),
            "config": run.get("config", {}),
            **self._traced(engine),
            "crops": json.loads(crops.read_text(encoding="utf-8")) if crops.is_file() else {},
        }

    def _traced(self, engine: Engine) -> dict[str, Any]:
        """Steps and validations behind the weights, not what a run that was set back did later.

        The validation that they are chosen by may not be in the trace yet.
        """
        trace, epoch = self.folder / TRACE, engine.state.epoch
        entries = read_entries(trace) if trace.is_file() else []
        steps = [e["iteration"] for e in entries if "loss" in e and e["epoch"] <= epoch]
        metrics = {e["epoch"]: e["metrics"] for e in entries if "metrics" in e}
        if self.kept == BEST:
            metrics[epoch] = figures_of(engine)
        done = {number: metrics[number] for number in sorted(metrics) if number <= epoch}
        return {"iteration": max(steps, default=None), "metrics": done}


def missing_files(folder: Path, finished: bool) -> list[str]:
    """Weight files of a run that are gone or no longer as written, and will not be written again.

    Args:
        folder: of the run.
        finished: the run will write nothing more; else only the best weights of a task are lost.

    Raises:
        UserError: a damaged ``provenance.json``.
    """
    path = folder / PROVENANCE
    if not path.is_file():
        return [PROVENANCE] if finished and (folder / RUN).is_file() else []
    try:
        provenance = parse_json(path.read_bytes())
        lost = finished or provenance["kept"] == BEST
        hashes = provenance["sha256"] if lost else {}
        files = [file for file, sha256 in hashes.items() if _differs(folder / file, sha256)]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f"{path}: damaged ({error!r}); put it back, or delete that folder to train again"
        ) from error
    return files


def _differs(path: Path, sha256: str) -> bool:
    return not path.is_file() or sha256_of(path) != sha256


def _ancestors(noted: Path) -> list[dict[str, Any]]:
    """What the hand-over noted; nothing where the weights were drawn at random."""
    return list(json.loads(noted.read_text(encoding="utf-8"))) if noted.is_file() else []
