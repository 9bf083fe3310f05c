"""What was taken from a run's folder, or happened to its files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...engines.identity import FORMAT, RUN
from ...engines.model_file import MODEL
from ...engines.provenance import PROVENANCE, read_record
from ...engines.run_state import Progress, check_state, read_progress
from ...engines.stopped import read_stop
from ...errors import UserError


def check_version(path: Path, run: Mapping[str, Any]) -> None:
    """Raise ``UserError`` if another version of medssl wrote a ``run.json``."""
    if run.get("format") != FORMAT:
        version = f"medssl {run.get('medssl', '0.1.0 or older')}"
        raise UserError(
            f"{path}: written by {version}, which describes runs differently; judge the run with "
            "that version, or train again"
        )


def least_progress(folder: Path) -> Progress:
    """What checkpoint and provenance say was done; the trace cannot have fewer steps.

    To be read ahead of the trace, which may grow meanwhile.

    Raises:
        UserError: one of them is damaged, or the checkpoint is of another run.
    """
    record = folder / PROVENANCE
    noted = read_record(record).get("iteration") if record.is_file() else None
    done = read_progress(folder)
    return done._replace(steps=max(done.steps, noted if isinstance(noted, int) else 0))


def file_damage(folder: Path, finished: bool) -> list[str]:
    """What ``evaluate`` would say of the run's weights, and why the run died if it did.

    Args:
        folder: of the run.
        finished: it has reached its last epoch, so its weights must be there.
    """
    record = folder / PROVENANCE
    listed = read_record(record).get("sha256", {}) if record.is_file() else {}
    lines = [] if (stop := read_stop(folder)) is None else [f"{folder}: {stop}"]
    if finished and not record.is_file() and not (folder / MODEL).is_file():
        lines.append(
            f"{record}: gone, and {MODEL} too, though {RUN} beside it is of a finished run"
        )
    for name in listed or (MODEL,):
        try:
            check_state(folder / name)
        except UserError as error:
            lines.append(str(error))
    return lines
