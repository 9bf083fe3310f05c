"""Whether a trace has every step of its run, and is no other's."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from ..errors import UserError
from .trace import TRACE

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


def trace_so_far(path: Path) -> dict[str, Any]:
    """For a checkpoint: the length of its trace in bytes, and their SHA-256."""
    written = path.read_bytes() if path.is_file() else b""
    return {"bytes": len(written), "sha256": sha256(written).hexdigest()}


def other_trace(path: Path, before: Mapping[str, Any] | None) -> str | None:
    """In one line, that a trace does not begin as the one that a checkpoint was written beside.

    Args:
        path: of the trace; what follows was written after the checkpoint.
        before: see :func:`trace_so_far`; None where no checkpoint says.

    Returns:
        None where it begins so, or nothing says how it began.
    """
    if before is None:
        return None
    size = before["bytes"]
    found = path.read_bytes()[:size] if path.is_file() else b""
    if len(found) < size:
        return (
            f"{path}: has {len(found):,} of the {size:,} bytes that were there at the last "
            "checkpoint: cut or removed; put it back"
        )
    if sha256(found).hexdigest() != before["sha256"]:
        return f"{path}: of another run, or changed since its checkpoint; put it back"
    return None


def refuse_other_trace(path: Path, before: Mapping[str, Any] | None) -> None:
    """Let no run go on with a trace that is not its own.

    Raises:
        UserError: see :func:`other_trace`.
    """
    if reason := other_trace(path, before):
        raise UserError(f"{reason}, {MEND}")
