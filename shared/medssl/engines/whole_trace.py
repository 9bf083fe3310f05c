"""Whether a trace has every step of its run, and none of another."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ..errors import UserError
from .trace import TRACE, read_entries

MEND = "choose another --output_dir, or delete that folder to start again"


def trace_damage(folder: Path, losses: Mapping[int, float], least: int) -> str | None:
    """In one line, what the trace lacks of the steps that were done; None where it is whole."""
    last = max(losses, default=0)
    if last < least:
        return f"{folder / TRACE} ends at step {last} of {least}: cut or removed; put it back"
    steps = [step for step in sorted(losses) if step > 0]
    if missing := last - len(steps):  # no range: a damaged number may be any
        first = next(n for n, step in enumerate(steps, 1) if n != step)
        return (
            f"{folder / TRACE} lacks {missing} of {last} steps, from step {first} on: "
            "lines were removed; put it back"
        )
    return None


def refuse_other_trace(folder: Path, steps: int, epoch_length: int) -> None:
    """Refuse a trace that a run cannot have written which has come so far.

    Args:
        folder: of the run.
        steps: those that its checkpoint holds.
        epoch_length: steps of an epoch.

    Raises:
        UserError: it lacks steps, or has them in other epochs.
    """
    entries = read_entries(folder / TRACE) if (folder / TRACE).is_file() else []
    epochs = {entry["iteration"]: entry["epoch"] for entry in entries if "loss" in entry}
    if lack := trace_damage(folder, epochs, steps):
        raise UserError(f"{lack}, {MEND}")
    for step, epoch in epochs.items():
        if epoch != (step - 1) // epoch_length + 1:
            raise UserError(
                f"{folder / TRACE}: of another run (step {step} in epoch {epoch}, where epochs "
                f"have {epoch_length} steps); put it back, {MEND}"
            )
