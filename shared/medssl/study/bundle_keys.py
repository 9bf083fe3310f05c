"""The keys that a bundle takes, and those of a run that differ from what the bundle does anyway."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from monai.bundle import ConfigParser

from ..analysis.bundles import (
    Config,
    checked_overrides,
    evaluation_beside,
    find_bundles,
    read_config,
    read_json,
    refuse_sizes,
)
from ..engines.guard import did_you_mean, has_key
from ..engines.identity import FREE_KEYS
from ..engines.switches import meant
from ..errors import UserError
from .compared_by import compared_by

# What the plan itself sets, so that no study may.
PLANNED = ("bundle_root", "output_dir", "dataset_dir", "pretrained", "seed")
FREE = FREE_KEYS - {*PLANNED}


@dataclass(frozen=True)
class Configured:
    """A bundle with its overlays.

    Attributes:
        name: of the bundle's folder.
        files: ``train.json`` and the overlays, in their order.
        overlays: content of the overlays, as far as they were read.
        config: all of it merged, with nothing resolved.
    """

    name: str
    files: tuple[str, ...]
    overlays: tuple[Config, ...]
    config: Config

    def check(self, keys: Mapping[str, Any], where: str, words: Sequence[str] = ()) -> None:
        """Refuse what the bundle's command line refuses, and what the plan sets itself.

        Args:
            keys: with their values.
            where: what messages call the place.
            words: of the study itself that may stand there, too, and be meant.

        Raises:
            UserError: naming the place in the study and the key.
        """
        for key in keys:
            if key in PLANNED:
                raise UserError(f"{where}: {key}: set by the study itself; take it out")
            if not has_key(self.config, key):
                hint = did_you_mean(key, [*words, *self.config], "")
                raise UserError(f"{where}: {self.name}: {key}: no such key in the config{hint}")
        try:
            refuse_sizes(self.config, checked_overrides(self.config, keys))
        except UserError as error:
            raise UserError(f"{where}: {self.name}: {error}") from error

    def check_evaluation(self, keys: Mapping[str, Any], where: str) -> None:
        """Refuse keys that the bundle's evaluation does not take.

        Raises:
            UserError: see :meth:`check`.
        """
        if keys:
            own = Configured(self.name, self.files, self.overlays, self.evaluation)
            own.check(keys, where)

    def check_metric(self, metric: str, judged: Mapping[str, Any], where: str) -> None:
        """Refuse a metric that runs of the bundle cannot be compared by.

        Args:
            metric: such as ``dice``.
            judged: keys of the evaluation alone.
            where: what messages call the place.

        Raises:
            UserError: naming the nearest one.
        """
        parser = ConfigParser(deepcopy(self.evaluation))
        parser.update(dict(judged))
        known = compared_by(parser.config)
        if known and metric not in known:
            hint = did_you_mean(metric, known, "")
            raise UserError(
                f"{where}: {metric}: nothing that runs of {self.name} are compared by{hint}; "
                f"expected one of {', '.join(known)}"
            )

    @cached_property
    def evaluation(self) -> Config:
        """The config of the bundle's evaluation with all beneath it, nothing resolved."""
        return dict(read_config([*self.files, evaluation_beside(self.files[0])]).config)

    def sort_out(self, keys: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Keys that make another run than the bundle's own, and those that change no result."""
        values = {key: meant(self.config, key, value) for key, value in keys.items()}
        free = {key: value for key, value in values.items() if key in FREE}
        own = {k: v for k, v in values.items() if k not in FREE and _at(self.config, k) != [v]}
        return own, free


def configure(bundle: str, overlays: Sequence[str] = (), folder: Path | None = None) -> Configured:
    """Read a bundle.

    Args:
        bundle: its name, such as ``pretrain_simclr``.
        overlays: names of its own configs, such as ``small``, or paths of JSON files.
        folder: of the bundles; by default the one beside the installed library.

    Raises:
        UserError: no such bundle or overlay.
    """
    there = {path.name: path for path in find_bundles(folder)}
    if bundle not in there:
        hint = did_you_mean(bundle, there, "")
        raise UserError(f"bundle: {bundle}: no such bundle{hint}; expected one of {_some(there)}")
    configs = there[bundle] / "configs"
    paths = [_overlay(configs, name) for name in overlays]
    files = [str(configs / "train.json"), *map(str, paths)]
    config = dict(read_config(files).config)
    return Configured(bundle, tuple(files), tuple(read_json(path) for path in paths), config)


def _overlay(configs: Path, name: str) -> Path:
    if name.endswith(".json"):
        return Path(name).absolute()
    own = sorted(path.stem for path in configs.glob("*.json"))
    if name not in own:
        raise UserError(
            f"overlays: {name}: no such config of {configs.parent.name}"
            f"{did_you_mean(name, own, '')}; expected one of {', '.join(own)}, or a path to a "
            ".json file"
        )
    return configs / f"{name}.json"


def _some(names: Mapping[str, Path]) -> str:
    return ", ".join(names)


def _at(config: Config, key: str) -> list[Any]:
    """What stands at a key, in a list; an empty one where nothing does."""
    node: Any = config
    for part in key.replace("::", "#").split("#"):
        if isinstance(node, list) and part.isdigit() and int(part) < len(node):
            node = node[int(part)]
        elif isinstance(node, Mapping) and part in node:
            node = node[part]
        else:
            return []
    return [node]
