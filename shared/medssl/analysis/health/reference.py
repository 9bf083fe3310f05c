"""What a healthy run looks like, from a bundle's ``docs/health.json``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monai.bundle import ConfigParser

from ...engines.identity import RUN
from ...errors import UserError
from ...forms import check_form
from ..bundles import read_json
from .run_folder import MEND, RunRecord, nest

HEALTH = "health.json"
KEYS = {"start_loss", "loss_falls", "learns_by", "metrics", "collapse"}
_CROPS = "crops_per_scan"


@dataclass(frozen=True)
class Band:
    """A range of healthy values and where it comes from."""

    low: float
    high: float
    origin: str

    def __str__(self) -> str:
        return f"{self.low:.4g} to {self.high:.4g}"


@dataclass(frozen=True)
class MetricReference:
    """A metric with a chance level.

    Attributes:
        chance: expected value of guessing.
        trials: guesses the figure averages, in one validation.
        origin: where these come from.
        expected: range once the run has had the steps to learn, where measured.
    """

    chance: float
    trials: int
    origin: str
    expected: Band | None = None

    @property
    def learned(self) -> float:
        """What a run that has learned exceeds: else a tenth of the way from chance to 1."""
        if self.expected is not None:
            return self.expected.low
        return self.chance + 0.1 * (1 - self.chance)


@dataclass(frozen=True)
class Reference:
    """Healthy values of one bundle, for one run's settings.

    ``learns_by`` is the number of steps after which learning must show; None: at the run's end.
    """

    start_loss: Band | None
    loss_falls: bool
    learns_by: int | None
    metrics: Mapping[str, MetricReference]
    collapse: bool


def load_reference(path: Path, run: RunRecord) -> Reference:
    """Resolve ``health.json`` for a run.

    Values may be expressions in MONAI's syntax over the run's own config (``$1 / @batch_size``)
    and ``@validation_samples``, the number of held-out samples of one validation.

    Raises:
        UserError: the file is missing, has an unknown key, or an expression fails.
    """
    content = read_json(path)
    if unknown := content.keys() - KEYS:
        raise UserError(f"{path}: unknown key {sorted(unknown)[0]}; expected {sorted(KEYS)}")
    parser = ConfigParser({"imports": ["$import math"], **nest(run.leaves)})
    parser["validation_samples"] = validation_samples(run)
    parser["health"] = content
    try:
        resolved = parser.get_parsed_content("health")
        return _reference(resolved)
    except (KeyError, RuntimeError, TypeError, ValueError) as error:
        raise UserError(f"{path}: {error}") from error


def validation_samples(run: RunRecord) -> int:
    """Held-out samples in one validation: scans times crops of each.

    Raises:
        UserError: the run's record has no whole number of crops.
    """
    crops = {_CROPS: 1, **run.leaves}[_CROPS]
    check_form({"config": {_CROPS: crops}}, {"config": {_CROPS: int}}, run.folder / RUN, MEND)
    return run.validation_scans * int(crops)


def _reference(content: Mapping[str, Any]) -> Reference:
    start, learns_by = content.get("start_loss"), content.get("learns_by")
    return Reference(
        start_loss=None if start is None else _band(start),
        loss_falls=bool(content.get("loss_falls", True)),
        learns_by=None if learns_by is None else int(learns_by["steps"]),
        metrics={name: _metric(item) for name, item in content.get("metrics", {}).items()},
        collapse=bool(content.get("collapse", False)),
    )


def _band(item: Mapping[str, Any]) -> Band:
    return Band(float(item["low"]), float(item["high"]), str(item["origin"]))


def _metric(item: Mapping[str, Any]) -> MetricReference:
    expected = item.get("expected")
    return MetricReference(
        chance=float(item["chance"]),
        trials=int(item["trials"]),
        origin=str(item["origin"]),
        expected=None if expected is None else _band(expected),
    )
