"""What a classification leaves behind: a table of its answers, and its figures by class."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from ignite.engine import Engine, Events
from torch import distributed

from ..errors import UserError
from ..files import write_atomically
from ..metrics import CLASS_FIGURES, class_figures, class_intervals
from ..metrics.class_figures import BINS
from ..ranks import is_main
from ..store.case_table import PLACE, check_names
from .evaluation import note_table

PROBABILITY = "probability_"  # before the name of a class, in the head of its column
_TRUTH = ("row", "label", "patient")
_ENDS = ("_low", "_high")


@dataclass(frozen=True)
class Answer:
    """What was said of one scan or region.

    Attributes:
        case: name of the scan.
        world_mm: middle of the region, LPS mm; NaN of a whole scan.
        probabilities: one for each class.
        row: line of the table it comes from; None where nobody has said what is right.
        label: number of the right class.
        patient: whose scan it is.
    """

    case: str
    world_mm: tuple[float, ...]
    probabilities: tuple[float, ...]
    row: int | None = None
    label: int | None = None
    patient: str | None = None


class SavePredictions:
    """Write one CSV row for each scan or region that was judged.

    ``case``, of regions ``x,y,z`` (LPS mm), where the truth is known ``label`` and ``patient``, the
    class ``predicted`` and each class's ``probability_<class>``.

    Args:
        path: CSV file, written when the engine's epoch completes.
        classes: names of the classes.
    """

    def __init__(self, path: str | Path, classes: Sequence[object]) -> None:
        self.path, self.classes = Path(path), check_names(classes)
        self.answers: list[Answer] = []

    def attach(self, engine: Engine) -> None:
        """Register with an evaluator that decollates, its ``pred`` being probabilities."""
        engine.add_event_handler(Events.STARTED, self.answers.clear)
        engine.add_event_handler(Events.ITERATION_COMPLETED, self._collect)
        engine.add_event_handler(Events.EPOCH_COMPLETED, self._gather)
        engine.add_event_handler(Events.EPOCH_COMPLETED, self._write)  # before the figures

    def _collect(self, engine: Engine) -> None:
        for item, output in zip(engine.state.batch, engine.state.output, strict=True):
            worlds = torch.as_tensor(item["world_mm"]).reshape(-1, 3).tolist()
            rows = output["pred"].detach().cpu().double().tolist()
            truth = {key: item[key] for key in _TRUTH if key in item}
            self.answers += [
                Answer(str(item["case"]), tuple(world), tuple(row), **_plain(truth))
                for world, row in zip(worlds, rows, strict=True)
            ]

    def _gather(self) -> None:
        """Take in the other ranks' answers; rows that a rank repeats to be full count once."""
        if not (distributed.is_available() and distributed.is_initialized()):
            return
        shares: list[Any] = [None] * distributed.get_world_size()
        distributed.all_gather_object(shares, self.answers)
        found = {
            (each.case, each.row, str(each.world_mm)): each for share in shares for each in share
        }
        self.answers = list(found.values())

    def _write(self, engine: Engine) -> None:
        if not is_main():
            return
        regions = any(np.isfinite(each.world_mm).all() for each in self.answers)
        known = any(each.label is not None for each in self.answers)
        head = ["case", *(PLACE if regions else ()), *(_TRUTH[1:] if known else ()), "predicted"]
        head += [f"{PROBABILITY}{name}" for name in self.classes]

        def write(path: Path) -> None:
            with path.open("w", newline="", encoding="utf-8") as stream:
                writer = csv.DictWriter(stream, head, extrasaction="ignore", lineterminator="\n")
                writer.writeheader()
                writer.writerows(self._row(each) for each in self.answers)

        write_atomically(self.path, write)
        note_table(engine, self.path)
        print(f"{len(self.answers)} predictions written to {self.path}")

    def _row(self, answer: Answer) -> dict[str, Any]:
        place = ["" if np.isnan(mm) else mm for mm in answer.world_mm]
        named = zip(self.classes, answer.probabilities, strict=True)
        return {
            "case": answer.case,
            **dict(zip(PLACE, place, strict=True)),
            "label": "" if answer.label is None else self.classes[answer.label],
            "patient": answer.patient,
            "predicted": self.classes[int(np.argmax(answer.probabilities))],
            **{f"{PROBABILITY}{name}": value for name, value in named},
        }


def _plain(truth: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers and text, whether a batch was split into tensors or not."""
    return {key: str(value) if key == "patient" else int(value) for key, value in truth.items()}


class ClassReport:
    """Add figures with intervals over patients, and the answers that need no learning.

    To ``auc``, ``balanced_accuracy``, ``accuracy``, ``brier`` and ``ece`` come ``<figure>_low`` and
    ``_high`` (95 %), ``sensitivity_<class>`` and ``cases_<class>``. Beside them stand
    ``auc_chance``, ``balanced_accuracy_chance``, ``accuracy_most_frequent`` (always the class most
    frequent here) and ``brier_shares`` (for all the classes' shares here). Classes without a case
    are listed in the engine's ``state.absent_classes``; their figures are NaN, no part of a mean.

    Args:
        answers: what collects them; listed before this handler.

    Raises:
        UserError: names of classes of which one figure's would be another's.
    """

    def __init__(self, answers: SavePredictions) -> None:
        self.answers = answers
        names = [f"sensitivity_{name}{end}" for name in answers.classes for end in ("", *_ENDS)]
        if len(set(names)) < len(names):
            raise UserError(
                f"classes: {', '.join(answers.classes)}: one is called as another's low or high "
                "figure would be; rename it in the table"
            )

    def attach(self, engine: Engine) -> None:
        """Register with an evaluator, before :class:`SaveMetrics`."""
        engine.add_event_handler(Events.COMPLETED, self)

    def __call__(self, engine: Engine) -> None:
        known = [each for each in self.answers.answers if each.label is not None]
        classes = self.answers.classes
        labels = np.array([each.label for each in known], dtype=np.int64)
        counts = np.bincount(labels, minlength=len(classes))
        numbers = zip(classes, counts.tolist(), strict=True)
        found = {**self._figures(known, labels), **_trivial(counts)}
        found |= {f"cases_{name}": count for name, count in numbers}
        others = {k: v for k, v in engine.state.metrics.items() if k not in found}
        engine.state.metrics = {**found, **others}  # a figure stands beside its interval
        absent = [name for name, count in zip(classes, counts, strict=True) if not count]
        engine.state.absent_classes = absent
        if absent and is_main():
            print(f"no case here is {' or '.join(absent)}: no figure of it, and no part in means")

    def _figures(self, known: Sequence[Answer], labels: Any) -> dict[str, float]:
        rows = np.array([each.probabilities for each in known], dtype=np.float64)
        figures = class_figures(rows, labels)
        ends = class_intervals(rows, labels, [str(each.patient) for each in known])
        found: dict[str, float] = {}
        for name in CLASS_FIGURES:
            found[name] = float(figures[name][0])
            found |= {f"{name}{end}": float(v) for end, v in zip(_ENDS, ends[name], strict=True)}
        for number, name in enumerate(self.answers.classes):
            key = f"sensitivity_{name}"
            found[key] = float(figures["sensitivity"][0, number])
            low_high = ends["sensitivity"][:, number]
            found |= {f"{key}{end}": float(v) for end, v in zip(_ENDS, low_high, strict=True)}
        return {**found, "ece_bins": BINS}


def _trivial(counts: Any) -> dict[str, float]:
    """Figures of answers that look at no image."""
    shares = counts / counts.sum()
    return {
        "auc_chance": 0.5,
        "balanced_accuracy_chance": float(1 / (counts > 0).sum()),
        "accuracy_most_frequent": float(shares.max()),
        "brier_shares": float(1 - (shares**2).sum()),
    }
