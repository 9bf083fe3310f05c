"""Running longer than was planned: noted, and learning rates go over to the longer schedule."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch.optim.lr_scheduler import LRScheduler

from ..errors import UserError
from ..files import write_json
from ..weights import load_torch
from .identity import EXTENDABLE, now

# What a scheduler remembers of the epochs it has seen; the rest of its state is its shape.
_MEMORY = (
    *("last_epoch", "_step_count", "_last_lr", "base_lrs", "_get_lr_called_within_step"),
    *("best", "num_bad_epochs", "cooldown_counter", "_is_initial"),
)


def extend(
    old: dict[str, Any], run: Mapping[str, Any], path: Path, checkpoint: Path
) -> dict[str, Any]:
    """Note a change of length in ``run.json``; the run that is there goes on from its checkpoint.

    Args:
        old: content of ``run.json``.
        run: the same run as it is started now.
        path: ``run.json``.
        checkpoint: ``checkpoint.pt``, which need not be there.

    Returns:
        The new content of ``run.json``, ``old`` if the length is the same.

    Raises:
        UserError: fewer epochs than are done already.
    """
    changed = {
        key: [old["config"].get(key), run["config"].get(key)]
        for key in EXTENDABLE
        if old["config"].get(key) != run["config"].get(key)
    }
    if not changed:
        return old
    done = _epochs_done(checkpoint)
    planned = run["max_epochs"]
    if planned is not None and planned < done:
        raise UserError(
            f"max_epochs: {planned}, but this run has trained {done:g} epochs already; give at "
            "least as many, or choose another --output_dir"
        )
    config = {**old["config"], **{key: after for key, (_, after) in changed.items()}}
    new = {**old, "config": config, "max_epochs": planned}
    if done:
        entry = {"from_epoch": int(done), "at": now(), "max_epochs": [old["max_epochs"], planned]}
        if "patience" in changed:
            entry["patience"] = changed["patience"]
        new["extensions"] = [*old.get("extensions", []), entry]
    write_json(path, new)
    return new


def note_precision(old: dict[str, Any], run: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """Tell and note that a run goes on in another precision, as ``amp: auto`` on another device.

    Args:
        old: content of ``run.json``.
        run: the same run as it is started now.
        path: ``run.json``.

    Returns:
        The new content of ``run.json``, ``old`` if the precision is the same.
    """
    before, now_in = old.get("precision", []), run.get("precision", [])
    if not before or before[-1:] == now_in[-1:]:
        return old
    print(
        f"medssl: amp: {now_in[-1]} on this device, until now this run was in {before[-1]}; "
        "losses may differ by rounding",
        file=sys.stderr,
        flush=True,
    )
    new = {**old, "precision": [*before, *now_in]}
    write_json(path, new)
    return new


def _epochs_done(path: Path) -> float:
    """Epochs that the checkpoint holds, the begun one as a fraction."""
    if not path.is_file():
        return 0.0
    content = load_torch(path)
    try:
        return float(content["iteration"] / content["epoch_length"])
    except (KeyError, TypeError) as error:
        raise UserError(f"{path}: damaged; put it back, or delete the folder") from error


def go_over(scheduler: LRScheduler, state: Mapping[str, Any]) -> None:
    """Load a scheduler's state into one that was made for another number of epochs.

    The epochs seen are taken over, the shape stays as made. Where the learning rate follows from
    epoch and shape (cosine), it is at once that of the new shape.

    Args:
        scheduler: fresh; its optimiser has its state already.
        state: of the run until now.
    """
    fresh = scheduler.state_dict()
    memory = {key: value for key, value in state.items() if key in _MEMORY}
    scheduler.load_state_dict({**state, **fresh, **memory})
    shaped = any(fresh[key] != state[key] for key in fresh if key in state and key not in _MEMORY)
    if not shaped or not hasattr(scheduler, "_get_closed_form_lr"):
        return
    rates = scheduler._get_closed_form_lr()
    for group, rate in zip(scheduler.optimizer.param_groups, rates, strict=True):
        group["lr"] = rate
    scheduler._last_lr = rates
