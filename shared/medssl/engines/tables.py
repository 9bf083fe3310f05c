"""What an evaluation or inference leaves behind, besides images: metrics.json and CSV tables."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import Any

import torch
from ignite.engine import Engine, Events

from ..files import write_atomically, write_json
from ..ranks import is_main
from .evaluation import noted
from .inferers import precision_of


def plain(value: Any) -> Any:
    """Turn metric values into JSON numbers and lists; None for what is no number (NaN)."""
    if isinstance(value, torch.Tensor):
        return plain(value.tolist())
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


class SaveMetrics:
    """Write the engine's metrics to one JSON file and print them.

    Cases that have no figure, such as the overlap of nothing with nothing, are left out of a
    metric's mean; ``<metric>_excluded`` is their number, over cases and classes. Where no case has
    a figure the metric is null. ``absent_classes`` are those in no truth and no prediction,
    ``precision`` is the one that the network ran in, ``weights`` the file that was judged, with
    its SHA-256, ``tables`` those that were written beside.

    Args:
        path: target, e.g. ``<output_dir>/metrics.json``.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    def attach(self, engine: Engine) -> None:
        """Register with an evaluator."""
        if is_main():
            engine.add_event_handler(Events.COMPLETED, self)

    def __call__(self, engine: Engine) -> None:
        metrics = {name: plain(value) for name, value in engine.state.metrics.items()}
        for name, values in getattr(engine.state, "metric_details", {}).items():
            excluded = int(torch.as_tensor(values).isnan().sum())
            if excluded:
                metrics[f"{name}_excluded"] = excluded
        if absent := getattr(engine.state, "absent_classes", []):
            metrics["absent_classes"] = absent
        if precision := precision_of(engine):
            metrics["precision"] = precision
        write_json(self.path, {**metrics, **noted(engine, self.path.parent)})
        for name, value in metrics.items():
            shown = f"{value:.4f}" if isinstance(value, float) else value
            print(f"{name}: {'no figure' if value is None else shown}")
        print(f"written to {self.path}")


class SaveTable:
    """Write one CSV row per case: the file it came from and the network's prediction vector.

    A DICOM series is named as ``folder#UID``.

    Args:
        path: target CSV.
        columns: names of the prediction's entries; one name is numbered (``feature`` gives
            ``feature_0`` and so on).
    """

    def __init__(self, path: str | Path, columns: list[str] | str = "feature") -> None:
        self.path = Path(path)
        self.columns = columns
        self.rows: list[list[Any]] = []

    def attach(self, engine: Engine) -> None:
        """Register with an evaluator that decollates."""
        engine.add_event_handler(Events.STARTED, self.rows.clear)
        engine.add_event_handler(Events.ITERATION_COMPLETED, self._collect)
        engine.add_event_handler(Events.COMPLETED, self._write)

    def _collect(self, engine: Engine) -> None:
        for item, output in zip(engine.state.batch, engine.state.output, strict=True):
            source = item["image"].meta.get("filename_or_obj", "")
            values = output["pred"].flatten().tolist()
            self.rows.append([source, *values])

    def _write(self) -> None:
        width = len(self.rows[0]) - 1 if self.rows else 0
        names = (
            [f"{self.columns}_{i}" for i in range(width)]
            if isinstance(self.columns, str)
            else self.columns
        )

        def write(path: Path) -> None:
            with path.open("w", newline="", encoding="utf-8") as stream:
                csv.writer(stream).writerows([["image", *names], *self.rows])

        write_atomically(self.path, write)
        print(f"{len(self.rows)} cases written to {self.path}")
