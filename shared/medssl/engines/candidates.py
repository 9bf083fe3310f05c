"""Inference on candidates: crops as channels, probabilities as a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from ignite.engine import Engine, Events
from torch import Tensor, distributed

from ..crops.candidate_table import find_table
from ..files import write_json
from ..metrics import FROC, froc, match
from ..metrics.froc import RATES
from ..ranks import is_main
from ..store.marks import Marks, read_marks, write_marks
from .evaluated_data import note_classes
from .evaluation import note_table
from .inferers import AutocastInferer

AUTO, EXCLUDED = "auto", "annotations_excluded.csv"


class ChannelwiseInferer(AutocastInferer):
    """Run a network on every image that lies in its input's channels, some at a time.

    ``(B, N * channels, X, Y, Z)`` gives ``(B, N * outputs)``.

    Args:
        amp: see :class:`AutocastInferer`.
        batch_size: images in one forward pass.
        channels: of one image, side by side.
        channels_last: see :class:`AutocastInferer`.
    """

    def __init__(
        self,
        amp: str = "off",
        batch_size: int = 64,
        channels: int = 1,
        channels_last: bool | str = False,
    ) -> None:
        super().__init__(amp, channels_last)
        self.batch_size, self.channels = batch_size, channels

    def __call__(
        self, inputs: Tensor, network: Callable[..., Tensor], *args: Any, **kwargs: Any
    ) -> Tensor:
        forward = super().__call__
        parts = inputs.reshape(-1, self.channels, *inputs.shape[2:]).split(self.batch_size)
        outputs = [forward(part, network, *args, **kwargs) for part in parts]
        return torch.cat(outputs).reshape(len(inputs), -1)


class SaveCandidates:
    """Write one row for each candidate in the columns of a LUNA16 submission.

    ``seriesuid,coordX,coordY,coordZ,probability``, positions in LPS mm. Where classes are known,
    ``metrics.json`` will know against which the table was judged.

    Args:
        path: CSV file, written when the engine's epoch completes.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.rows: list[tuple[str, Tensor, Tensor, list[int]]] = []

    def attach(self, engine: Engine) -> None:
        """Register with an evaluator that decollates, its ``pred`` being probabilities."""
        engine.add_event_handler(Events.STARTED, self.rows.clear)
        engine.add_event_handler(Events.ITERATION_COMPLETED, self._collect)
        engine.add_event_handler(Events.EPOCH_COMPLETED, self._gather)
        engine.add_event_handler(Events.EPOCH_COMPLETED, self._write)  # before the figures

    def _gather(self) -> None:
        """Take in the other ranks' rows; a rank that ran short repeats cases, which count once."""
        if not (distributed.is_available() and distributed.is_initialized()):
            return
        shares: list[Any] = [None] * distributed.get_world_size()
        distributed.all_gather_object(shares, self.rows)
        rows = [row for share in shares for row in share]
        self.rows = list({(row[0], tuple(row[1].flatten().tolist())): row for row in rows}.values())

    def _collect(self, engine: Engine) -> None:
        for item, output in zip(engine.state.batch, engine.state.output, strict=True):
            world = torch.as_tensor(item["world_mm"]).reshape(-1, 3).cpu()
            known = output.get("label")  # None where nobody has said what is right
            labels = [] if known is None else torch.as_tensor(known).flatten().int().tolist()
            self.rows.append((item["case"], world, output["pred"].detach().flatten().cpu(), labels))

    def table(self) -> Marks:
        """Positions and probabilities collected so far."""
        names = [name for name, world, *_ in self.rows for _ in range(len(world))]
        worlds = [torch.empty(0, 3), *(world for _, world, *_ in self.rows)]
        values = [torch.empty(0), *(probability for _, _, probability, _ in self.rows)]
        return Marks(
            np.array(names, dtype=object),
            torch.cat([world.double() for world in worlds]).numpy(),
            torch.cat([value.double() for value in values]).numpy(),
            np.arange(len(names)) + 2,
        )

    def _write(self, engine: Engine) -> None:
        if not is_main():
            return
        write_marks(self.path, self.table(), "probability")
        note_table(engine, self.path)
        if classes := [label for *_, labels in self.rows for label in labels]:
            note_classes(engine, self.path, classes)
        print(f"{len(self.table())} candidates written to {self.path}")


class CandidateFROC:
    """Add the competition performance metric and its interval, and write ``froc.json``.

    Args:
        table: what collects the candidates; listed before this handler.
        data: items of the scans that are evaluated.
        annotations: CSV file of the nodules with ``diameter_mm``, or its name inside the prepared
            folder; None leaves this out.
        excluded: the same of findings whose candidates do not count, or None; ``auto`` takes the
            challenge's ``annotations_excluded.csv`` where it was prepared.
        output_dir: folder for ``froc.json``.

    Raises:
        UserError: a file that is not there, or no nodule in these scans.
    """

    def __init__(
        self,
        table: SaveCandidates,
        data: Sequence[Mapping[str, Any]],
        annotations: str | None,
        excluded: str | None,
        output_dir: str | Path,
    ) -> None:
        self.table, self.path = table, Path(output_dir) / "froc.json"
        self.scans = [str(item["id"]) for item in data]
        if excluded == AUTO:
            there = (Path(data[0]["image"]).parents[1] / EXCLUDED).is_file() if data else False
            excluded = EXCLUDED if there else None
        self.left_out = excluded
        self.nodules, self.excluded = (
            None if name is None else read_marks(find_table(name, data), "diameter_mm")
            for name in (annotations, excluded)
        )

    def attach(self, engine: Engine) -> None:
        """Register with an evaluator, before :class:`SaveMetrics`."""
        if self.nodules is not None:
            engine.add_event_handler(Events.COMPLETED, self._add)

    def _add(self, engine: Engine) -> None:
        found = self.figures()
        engine.state.metrics.update(
            {"cpm": found.cpm, "cpm_low": found.cpm_low, "cpm_high": found.cpm_high}
        )
        if is_main():
            rule = {"false_positives_per_scan": RATES, "excluded": self.left_out}
            write_json(self.path, {**rule, **asdict(found)})

    def figures(self) -> FROC:
        """Sensitivities and their mean of what the table has collected."""
        if self.nodules is None:
            raise ValueError("no annotations")
        return froc(match(self.table.table(), self.nodules, self.scans, self.excluded))
