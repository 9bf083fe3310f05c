"""``medssl plan``: settings of a segmentation for the data and the machine at hand."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ...engines import Trained
from ...errors import UserError
from ...files import refuse_to_replace, write_json
from . import rules
from .facts import Facts, look
from .machine import Machine, step_seconds, this_machine

OVERLAY = "plan.json"
REASONS = "_reasons_"
HOURS = {"cpu": 1.0, "cuda": 12.0}


def overlay_name(fold: int | None) -> str:
    """File name of the overlay, each fold having one of its own."""
    return OVERLAY if fold is None else f"plan_fold{fold}.json"


@dataclass(frozen=True)
class Plan:
    """Settings with a reason for each.

    Attributes:
        facts: what the data are.
        machine: where the training would run.
        settled: key to value and reason.
    """

    facts: Facts
    machine: Machine
    settled: dict[str, rules.Settled]

    def __str__(self) -> str:
        head = [
            f"{self.facts.folder}: {self.facts.scans} training scans{self._of_fold} of "
            f"{', '.join(self.facts.contract.channels)}; {self.machine.name}",
            f"classes: {rules.classes_line(self.facts)}",
            *rules.unshown_line(self.facts),
            "",
        ]
        rows = [f"{key:<15}{value!s:<20}{why}" for key, (value, why) in self.settled.items()]
        return "\n".join([*head, *rows])

    @property
    def _of_fold(self) -> str:
        return "" if self.facts.fold is None else f" (fold {self.facts.fold})"

    def command(self, path: Path, pretrained: str | Path | None = None) -> str:
        """How to train with the overlay at ``path``, from these weights."""
        root = "bundles/volume_segmentation"
        words = [
            f"python -m monai.bundle run --bundle_root {root}",
            f"--config_file \"['{root}/configs/train.json','{path}']\"",
            f"--dataset_dir {shlex.quote(str(self.facts.folder))}",
            *rules.chosen_classes(self.facts),
            *([] if pretrained is None else [f"--pretrained {pretrained}"]),
        ]
        return " \\\n      ".join(words)

    def write(self, path: Path) -> None:
        """Write the overlay; the reasons lie under ``_reasons_``, which no run reads."""
        values = {key: value for key, (value, _) in self.settled.items()}
        write_json(path, {**values, REASONS: {key: why for key, (_, why) in self.settled.items()}})


def check_place(path: Path) -> None:
    """Refuse to write an overlay over another file.

    Raises:
        UserError: there is one with something else in it.
    """
    refuse_to_replace(path, lambda there: REASONS.encode() in there, "overlay of `medssl plan`")


def make_plan(
    folder: str | Path,
    hours: float | None = None,
    pretrained: str | Path | None = None,
    fold: int | None = None,
    machine: Machine | None = None,
    timed: Callable[..., float] = step_seconds,
) -> Plan:
    """Settings for ``volume_segmentation`` on a prepared folder.

    Args:
        folder: with label maps.
        hours: that the training may take; default 1 on a CPU, 12 on a GPU.
        pretrained: weights to start from, whose width is taken.
        fold: number of the fold that will be trained; None: the one split.
        machine: where it would run; default: here.
        timed: seconds of a training step, see :func:`~.machine.step_seconds`.

    Raises:
        UserError: not prepared, no such fold, nothing to learn from, or hours that are none.
    """
    if hours is not None and (not isinstance(hours, int | float) or not hours > 0):
        raise UserError(f"--hours: {hours!r}, expected a number above 0")
    facts, machine = look(folder, fold), machine or this_machine()
    width: int = rules.WIDTH[machine.device]
    why = "the pretrainings' width" if machine.gpu else "narrow: a CPU trains it"
    if pretrained is not None:
        width, why = Trained(pretrained)["base_channels"], f"that of {pretrained}"
    crop, reason = rules.crop_size(facts, machine, width)
    batch, few = rules.batch_size(facts, machine, width, crop)
    step = timed(crop, batch, width, len(facts.contract.channels), facts.groups, machine.device)
    crops, many = rules.crops_per_scan(facts, batch)
    given = hours or HOURS[machine.device]
    epochs, length = rules.max_epochs(facts, given, step, batch, crops, machine.busy)
    settled: dict[str, rules.Settled] = {
        **rules.fold(facts),
        "spacing": rules.spacing(facts),
        "window": rules.window(facts),
        "crop_size": (crop, reason),
        "batch_size": (batch, few),
        "crops_per_scan": (crops, many),
        "base_channels": (width, why),
        "flip_axes": rules.flip_axes(facts),
        "max_epochs": (epochs, length),
        "val_interval": rules.val_interval(epochs),
    }
    return Plan(facts, machine, settled)
