"""What a run that died of an error leaves behind, so that others can say why it ended."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ignite.engine import Engine

from ..errors import one_line
from ..files import parse_json, write_json

STOPPED = "stopped.json"


def note_stop(folder: Path, engine: Engine, error: BaseException) -> None:
    """Write ``stopped.json``: step, epoch and the line that the error prints.

    Of several ranks the first one counts: the others die of its death. A folder that is gone
    does not come again.
    """
    path = folder / STOPPED
    if folder.is_dir() and not path.is_file():
        state = engine.state
        reason = one_line(error)
        write_json(path, {"iteration": state.iteration, "epoch": state.epoch, "reason": reason})


def read_stop(folder: Path) -> str | None:
    """How the run in ``folder`` ended, in one line; None where it did not die of an error."""
    path = folder / STOPPED
    if not path.is_file():
        return None
    try:
        content: dict[str, Any] = parse_json(path.read_bytes())
        return (
            f"stopped at step {content['iteration']} (epoch {content['epoch']}) by an error: "
            + (str(content["reason"]))
        )
    except (ValueError, TypeError, KeyError):
        return f"stopped by an error; {STOPPED}, which says by which, is damaged"
