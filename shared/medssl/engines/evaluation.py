"""``metrics.json``: the figures of an evaluation, and of which weights they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ignite.engine import Engine

from ..errors import UserError
from ..files import parse_json, read_object, sha256_of
from ..weights import weight_file, weights_sha256
from .model_file import MODEL

METRICS = "metrics.json"
WEIGHTS = "weights"  # the one key in it that is no figure's
MEND = "evaluate again"


def note_weights(engine: Engine, source: Path, file: str = MODEL) -> None:
    """Let an engine know by which weights its figures are: the file's name and SHA-256.

    Args:
        engine: of the evaluation.
        source: see :func:`~medssl.weights.weights_sha256`.
        file: of a folder or zip.
    """
    name = weight_file(source, file).name
    engine.state.weights = {"file": name, "sha256": weights_sha256(source, file)}


def read_evaluation(folder: Path) -> dict[str, Any]:
    """What ``metrics.json`` in a folder says, without the weights that it is of.

    Raises:
        UserError: it is no JSON object.
    """
    found = read_object(folder / METRICS, MEND)
    return {name: value for name, value in found.items() if name != WEIGHTS}


def of_other_weights(folder: Path) -> str:
    """In one line, that a folder's figures are not of the weights in it; nothing where they may be.

    Weights that lie elsewhere, and figures that name none, are not judged.
    """
    try:
        noted = parse_json((folder / METRICS).read_bytes())[WEIGHTS]
        path, sha256 = folder / str(noted["file"]), noted["sha256"]
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    if path.parent != folder or not path.is_file() or sha256_of(path) == sha256:
        return ""
    return f"{folder / METRICS}: not of the {path.name} beside it, but of others; {MEND}"


def refuse_other_weights(folder: Path) -> None:
    """Refuse the figures and tables of an evaluation of other weights than those beside it.

    Raises:
        UserError: see :func:`of_other_weights`.
    """
    if reason := of_other_weights(folder):
        raise UserError(reason)
