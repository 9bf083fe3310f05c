"""``metrics.json``: the figures of an evaluation, of which weights they are, and their tables."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ignite.engine import Engine

from ..errors import UserError
from ..files import read_object
from ..weights import weight_file, weights_sha256
from .model_file import MODEL

METRICS = "metrics.json"
WEIGHTS, TABLES = "weights", "tables"  # the keys in it that are no figures'
MEND = "evaluate again"


def note_weights(engine: Engine, source: Path, file: str = MODEL) -> None:
    """Let an engine know by which weights its figures are: the file and its SHA-256.

    Args:
        engine: of the evaluation.
        source: see :func:`~medssl.weights.weights_sha256`.
        file: of a folder or zip.
    """
    path = weight_file(source, file).resolve()
    engine.state.weights = {"file": path, "sha256": weights_sha256(source, file)}


def note_table(engine: Engine, path: Path) -> None:
    """Let an engine know of a table that is written beside its figures."""
    engine.state.tables = sorted({*getattr(engine.state, "tables", ()), path.name})


def noted(engine: Engine, folder: Path) -> dict[str, Any]:
    """What ``metrics.json`` in a folder says beside figures.

    The weights, as seen from there, and the tables: an earlier evaluation may have left others.
    """
    found: dict[str, Any] = {}
    if weights := getattr(engine.state, "weights", None):
        place = os.path.relpath(weights["file"], folder.resolve())
        found[WEIGHTS] = {**weights, "file": Path(place).as_posix()}
    if tables := getattr(engine.state, "tables", None):
        found[TABLES] = tables
    return found


def read_evaluation(folder: Path) -> dict[str, Any]:
    """What figures ``metrics.json`` in a folder has.

    Raises:
        UserError: it is no JSON object.
    """
    found = read_object(folder / METRICS, MEND)
    return {name: value for name, value in found.items() if name not in (WEIGHTS, TABLES)}


def of_evaluation(tables: Sequence[Path]) -> list[Path]:
    """Those of some tables that are of the evaluation which ``metrics.json`` beside them is of.

    One that names no tables is not asked.

    Raises:
        UserError: it is damaged.
    """
    named = {folder: _said(folder, TABLES) for folder in {table.parent for table in tables}}
    return [
        table for table in tables if (names := named[table.parent]) is None or table.name in names
    ]


def of_other_weights(folder: Path) -> str:
    """In one line, that a folder's figures are not of the weights that they name, as these are now.

    Nothing where they may be: weights that are gone, as from a copied folder, and figures that
    name none are not judged.

    Raises:
        UserError: ``metrics.json`` is damaged.
    """
    if (said := _said(folder, WEIGHTS)) is None:
        return ""
    path = Path(os.path.normpath(folder / said["file"]))
    try:
        if not path.is_file() or weights_sha256(path) == said["sha256"]:
            return ""
    except UserError:  # a zip without them
        pass
    return f"{folder / METRICS}: not of {path} as it is now, but of other weights; {MEND}"


def _said(folder: Path, key: str) -> Any:
    """What ``metrics.json`` says of it; None where there is none, or it says nothing."""
    path = folder / METRICS
    if not path.exists() or (said := read_object(path, MEND).get(key)) is None:
        return None
    form = isinstance(said, list) if key == TABLES else _names_weights(said)
    if not form:
        raise UserError(f"{path}: {key} are not what an evaluation writes; {MEND}")
    return said


def _names_weights(said: Any) -> bool:
    return isinstance(said, dict) and all(isinstance(said.get(k), str) for k in ("file", "sha256"))


def refuse_other_weights(folder: Path) -> None:
    """Refuse the figures and tables of an evaluation of other weights than those that it names.

    Raises:
        UserError: see :func:`of_other_weights`.
    """
    if reason := of_other_weights(folder):
        raise UserError(reason)
