"""Whether the scans of a pretraining and those of a run are to be understood alike."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..engines.identity import RUN
from ..engines.known_keys import KEYS, NETWORK, compared
from ..engines.provenance import read_provenance
from ..errors import UserError
from ..store.contract import SCAN


@dataclass(frozen=True)
class Change:
    """What a pretraining and the run that takes its weights over do not share.

    Attributes:
        key: ``spacing`` (mm, None for each scan's own), ``window`` (HU) or ``channels`` (names).
        pretraining: its value there.
        here: its value in the run.
    """

    key: str
    pretraining: Any
    here: Any

    def __str__(self) -> str:
        return f"{self.key} {self.pretraining} there, {self.here} here"


def changes(source: str | Path, output_dir: str | Path) -> tuple[Change, ...]:
    """What differs between the scans behind pretrained weights and those of a run.

    Args:
        source: bundle folder, weight file or released zip; of weights without a
            ``provenance.json`` nothing is known.
        output_dir: folder of the run, with its ``run.json``.

    Raises:
        UserError: another order of axes, or several channels where there were others.
    """
    path = Path(output_dir) / RUN
    run = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    there, here = _facts(read_provenance(source) or {}), _facts(run)
    differ = [
        Change(key, there[key], here[key])
        for key in compared()
        if key in there and key in here and there[key] != here[key]
    ]
    for change in differ:
        repeated = change.key == "in_channels" and change.pretraining == 1
        if KEYS[change.key].must_match and not repeated:
            raise UserError(
                f"pretrained: {source} was trained with {change.key} {change.pretraining!r}, this "
                f"run has {change.here!r}; choose weights that fit, or prepare the scans alike"
            )
    return tuple(differ)


def network_of(source: str | Path) -> dict[str, Any]:
    """What is known of the network behind weights, such as ``base_channels``; empty if nothing.

    Args:
        source: bundle folder, weight file or released zip.
    """
    return dict((read_provenance(source) or {}).get(NETWORK, {}))


def _facts(record: Mapping[str, Any]) -> dict[str, Any]:
    return {**record.get(SCAN, {}), **record.get(NETWORK, {})}
