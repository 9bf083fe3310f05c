"""What a study may start from and be tested on: its methods, their variants, its tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..engines.guard import did_you_mean
from ..errors import UserError
from .bundle_keys import Configured, configure
from .settings import Settings

SCRATCH = "scratch"
# Words of the study itself: in all entries, in those of a kind alone, and in any of them.
_SHARED = ("bundle", "data", "overlays", "evaluate")
_WORDS = {"pretrain": _SHARED, "task": (*_SHARED, "metric")}
WORDS = (*_SHARED, "metric", "method", "weights")


@dataclass(frozen=True)
class Learner:
    """A bundle with all keys that the study gives it, short of an experiment's factors.

    Attributes:
        name: what the study calls it.
        bundle: with its overlays.
        data: name of its prepared folder.
        keys: the study's common ones, then its own.
        metric: of a task: the one that tables show.
        judged: keys of its evaluation alone.
    """

    name: str
    bundle: Configured
    data: str
    keys: dict[str, Any]
    metric: str | None = None
    judged: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Catalogue:
    """All names that experiments may use.

    Attributes:
        methods: pretrainings, variants included.
        weights: variants that are released weights, and where these lie.
        tasks: what is fine-tuned.
    """

    methods: dict[str, Learner]
    weights: dict[str, str]
    tasks: dict[str, Learner]
    study: str = field(default="study")

    def check_starts(self, names: Sequence[str], where: str) -> None:
        """Refuse starts that the study does not have.

        Raises:
            UserError: naming the nearest one.
        """
        _refuse_unknown(names, {SCRATCH, *self.methods, *self.weights}, f"{where}: start")

    def check_tasks(self, names: Sequence[str], where: str) -> None:
        """Refuse tasks that the study does not have.

        Raises:
            UserError: naming the nearest one.
        """
        _refuse_unknown(names, self.tasks, f"{where}: task")


def read_catalogue(settings: Settings, where: str, bundles: Path | None = None) -> Catalogue:
    """The methods, variants and tasks of a study, their keys checked against the bundles.

    Args:
        settings: of the study.
        where: what messages call it.
        bundles: folder of the bundles; by default the one beside the installed library.

    Raises:
        UserError: a name that leads nowhere, or a key that a bundle does not take.
    """
    cached = lru_cache(maxsize=None)(lambda name, overlays: configure(name, overlays, bundles))
    methods, released = {}, {}
    entries = {name: _as_table(entry) for name, entry in settings.get("methods", {}).items()}
    for name, variant in settings.get("variants", {}).items():
        if "weights" in variant:
            released[name] = str(variant["weights"])
            continue
        _refuse_unknown([variant["method"]], entries, f"{where}: variants: {name}: method")
        own = {key: value for key, value in variant.items() if key != "method"}
        entries[name] = {**entries[variant["method"]], **own}
    for name, entry in entries.items():
        kind = "methods" if name in settings.get("methods", {}) else "variants"
        data = entry.get("data", settings.get("pretrain_data"))
        place = f"{where}: {kind}: {name}"
        methods[name] = _learner(settings, "pretrain", name, {**entry, "data": data}, place, cached)
    tasks = {
        name: _learner(settings, "task", name, entry, f"{where}: tasks: {name}", cached)
        for name, entry in settings["tasks"].items()
    }
    _check_names(methods, released, tasks, where)
    used = {one.bundle.name for one in [*methods.values(), *tasks.values()]}
    common = ["all", "pretrain", "task", *sorted(used)]
    _refuse_unknown(list(settings.get("common", {})), common, f"{where}: common")
    return Catalogue(methods, released, tasks, where)


def _as_table(entry: str | Mapping[str, Any]) -> dict[str, Any]:
    return {"bundle": entry} if isinstance(entry, str) else dict(entry)


def _learner(
    settings: Settings, kind: str, name: str, entry: Mapping[str, Any], where: str, read: Any
) -> Learner:
    try:
        bundle: Configured = read(entry["bundle"], tuple(entry.get("overlays", ())))
    except UserError as error:
        raise UserError(f"{where}: {error}") from error
    if entry["data"] is None:
        raise UserError(f"{where}: no data; name one of data here, or for all as pretrain_data")
    _refuse_unknown([entry["data"]], settings["data"], f"{where}: data")
    common = settings.get("common", {})
    keys = {key: value for key, value in entry.items() if key not in _WORDS[kind]}
    for table in (bundle.name, kind, "all"):
        keys = {**common.get(table, {}), **keys}
    bundle.check(keys, where, WORDS)
    judged, metric = dict(entry.get("evaluate", {})), entry.get("metric")
    bundle.check_evaluation(judged, f"{where}: evaluate")
    if metric is not None:
        bundle.check_metric(metric, judged, f"{where}: metric")
    return Learner(name, bundle, entry["data"], keys, metric, judged)


def _check_names(*named: Any) -> None:
    """One name, one thing: ``scratch`` is taken, and so is what another section uses."""
    methods, released, _, where = named
    for name in (SCRATCH, *released):
        if name in methods or (name == SCRATCH and name in released):
            raise UserError(f"{where}: {name}: taken by another start; choose another name")


def _refuse_unknown(names: Sequence[str], known: Any, where: str) -> None:
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known, "")
            raise UserError(f"{where}: {name}: no such name{hint}; expected {', '.join(known)}")
