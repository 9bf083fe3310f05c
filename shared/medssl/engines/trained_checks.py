"""Whether a bundle may use a model as it is about to, and what is assumed of one nobody knows."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from monai.bundle import ConfigParser

from ..ranks import is_main
from ..store.contract import SCAN
from ..weights import weight_file
from .known_keys import asked, bound
from .provenance import PROVENANCE
from .run_keys import refuse_other_outputs
from .running import bundle_of, current_parser, task_of, values_of
from .trained import (
    NAMES,
    Trained,
    refuse_contradictions,
    refuse_other_names,
    refuse_other_scans,
    refuse_other_task,
)


def check_trained(trained: Trained, data: Sequence[Mapping[str, Any]] = ()) -> None:
    """Refuse weights of another task, and settings or prepared scans that contradict the model.

    Crop sizes may differ: the networks take any. Of a pretext task that is made another one, and of
    weights of which nothing is known, a line on stderr says what differs and what is assumed.

    Args:
        trained: what the model knows.
        data: items of a prepared folder that the model is about to see.

    Raises:
        UserError: naming both tasks, or the first key that differs and both values.
    """
    check_config(current_parser(), trained, data)


def check_config(
    parser: ConfigParser | None, trained: Trained, data: Sequence[Mapping[str, Any]] = ()
) -> None:
    """As :func:`check_trained`, where a server reads the config and nothing runs it.

    Args:
        parser: of the bundle that is to use the weights; of None nothing is compared but ``data``.
        trained: what the model knows.
        data: items of a prepared folder that the model is about to see.

    Raises:
        UserError: naming both tasks, or the first key that differs and both values; or classes that
            need other outputs than the bundle's network has.
    """
    bundle, values = bundle_of(parser), values_of(parser, bound())
    refuse_other_task(trained, None if bundle is None else task_of(bundle))
    refuse_contradictions(trained, values)
    refuse_other_outputs(values.get("out_channels"), values.get("classes"))
    refuse_other_names(trained, values_of(parser, (NAMES,)).get(NAMES))
    refuse_other_scans(trained, data)
    _say_what_else_is_asked(trained, values_of(parser, asked()))
    assumed = {key: value for key, value in values.items() if key in trained.assumed}
    if assumed and not trained.provenance and is_main():
        _say(trained, assumed, data)


def _say_what_else_is_asked(trained: Trained, values: Mapping[str, Any]) -> None:
    """One line of the values by which figures are not those of the task that was learnt."""
    learnt = trained.provenance.get(SCAN, {})
    others = [
        f"{key} {_plain(key, value)} (trained with {_plain(key, learnt[key])})"
        for key, value in values.items()
        if key in learnt and _plain(key, value) != _plain(key, learnt[key])
    ]
    if others and is_main():
        print(
            f"medssl: another task than {trained.path} was trained for: {', '.join(others)}",
            file=sys.stderr,
            flush=True,
        )


def _say(trained: Trained, assumed: Mapping[str, Any], data: Sequence[Mapping[str, Any]]) -> None:
    """One line of the values that nobody gave; the voxel size of prepared scans is theirs."""
    if trained.path is None or not weight_file(trained.path).is_file():
        return  # the step that loads the weights says so
    scans = data[0].get(SCAN, {}) if data else {}
    shown = {key: scans.get(key) if value is None else value for key, value in assumed.items()}
    values = ", ".join(f"{key} {_plain(key, value)}" for key, value in shown.items())
    print(
        f"medssl: {trained.path}: nothing is known of these weights (no {PROVENANCE}); assumed: "
        f"{values}; give --{next(iter(shown))} and so on if they were trained otherwise",
        file=sys.stderr,
        flush=True,
    )


def _plain(key: str, value: Any) -> str:
    if value is None:
        return "native" if key == "spacing" else "none"
    return str(list(value) if isinstance(value, tuple) else value)
