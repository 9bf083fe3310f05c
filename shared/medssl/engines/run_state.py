"""Do the files in a run's folder belong together, and how far did the run come?"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import UserError
from ..files import parse_json
from ..weights import load_torch, weight_file
from .identity import RUN
from .provenance import CHECKPOINT, PROVENANCE, PUT_BACK, check_sha256, read_record


def run_hash(folder: Path) -> str | None:
    """What the run in a folder is known by; None where nothing there says so."""
    for file, key in ((RUN, "hash"), (PROVENANCE, "config_sha256")):
        try:
            return str(parse_json((folder / file).read_bytes())[key])
        except (OSError, ValueError, TypeError, KeyError):
            continue
    return None


def refuse_other_run(path: Path, content: Any) -> None:
    """Refuse a checkpoint of another run than the one whose folder it lies in.

    Args:
        path: ``checkpoint.pt``.
        content: what it holds.

    Raises:
        UserError: it is of another run, or says nothing of its run.
    """
    ours = run_hash(path.parent)
    theirs = content.get("run") if isinstance(content, Mapping) else None
    if ours is not None and theirs != ours:
        raise UserError(
            f"{path}: not the checkpoint of the run that {RUN} and {PROVENANCE} beside it describe;"
            " put back what was written, or delete that folder to train again"
        )


class Progress(NamedTuple):
    """How far a run came: steps, whole epochs, and how its trace began.

    ``trace`` is what :func:`~.whole_trace.trace_so_far` found; None where nothing says it.
    """

    steps: int = 0
    epochs: int = 0
    trace: Mapping[str, Any] | None = None


def read_progress(folder: Path) -> Progress:
    """What the checkpoint of a run says of it; zeros where there is none.

    Raises:
        UserError: it is damaged or of another run.
    """
    path = folder / CHECKPOINT
    if not path.is_file():
        return Progress()
    content = load_torch(path)
    refuse_other_run(path, content)
    try:
        steps, trace = int(content["iteration"]), content.get("trace")
        if trace is not None:
            trace = {"bytes": int(trace["bytes"]), "sha256": str(trace["sha256"])}
        return Progress(steps, steps // int(content["epoch_length"]), trace)
    except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
        raise UserError(f"{path}: damaged ({error!r}); {PUT_BACK}") from error


def check_state(model: str | Path) -> None:
    """Refuse weights that are gone, replaced, or older than the checkpoint beside them.

    The last epoch's weights (``kept`` is ``last``) are written before the checkpoint of that epoch.
    Of weights that come with neither ``provenance.json`` nor ``run.json`` nothing is known.

    Args:
        model: weight file, released zip, folder of a run or of a bundle.

    Raises:
        UserError: one line, the same for ``evaluate``, inference and ``medssl doctor``.
    """
    check_sha256(model)
    path = weight_file(model)
    record = path.parent / PROVENANCE
    if not record.is_file():
        if (path.parent / RUN).is_file() and path.is_file():
            raise UserError(
                f"{record}: gone, though {RUN} beside it says that a run wrote {path.name}; "
                f"{PUT_BACK}"
            )
        return
    provenance = read_record(record)
    if provenance.get("kept") != "last" or path.name not in provenance.get("sha256", {}):
        return
    done = read_progress(path.parent).epochs
    if int(provenance.get("epoch") or 0) < done:
        raise UserError(
            f"{path}: of epoch {provenance.get('epoch')}, but {CHECKPOINT} beside it has done "
            f"{done}: an older copy; put back what was written, or delete that folder to train "
            "again"
        )
