"""``metrics.json``: the figures of an evaluation, and of which weights, data and tables."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ignite.engine import Engine

from ..errors import UserError
from ..files import read_object, sha256_of, write_json
from ..forms import check_form
from ..ranks import is_main
from ..weights import weight_file, weights_sha256
from .model_file import MODEL

METRICS = "metrics.json"
# The keys in it that are no figures'.
WEIGHTS, TABLES, DATA, CLASSES = "weights", "tables", "data", "classes"
CLASS_TABLE = "class_table"
MEND = "evaluate again"
_FORM: dict[str, Any] = {
    WEIGHTS: {"file": str, "sha256": str},
    TABLES: {str: str},
    DATA: {str: str},
    CLASSES: {str: str},
    CLASS_TABLE: str,
}
_SHOWN = 40  # letters of a name that no file has


def note_weights(engine: Engine, source: Path, file: str = MODEL) -> None:
    """Let an engine know by which weights its figures are: the file and its SHA-256.

    Args:
        engine: of the evaluation.
        source: see :func:`~medssl.weights.weights_sha256`.
        file: of a folder or zip.
    """
    path = weight_file(source, file)
    engine.state.weights = {"file": path, "sha256": weights_sha256(source, file)}


def note_table(engine: Engine, path: Path) -> None:
    """Let an engine know of a table that was written beside its figures, and of its SHA-256."""
    if is_main():
        tables = getattr(engine.state, TABLES, {})
        engine.state.tables = {**tables, path.name: sha256_of(path)}


def noted(engine: Engine, folder: Path) -> dict[str, Any]:
    """What ``metrics.json`` in a folder says beside figures.

    The weights, as seen from there; the tables: an earlier evaluation may have left others; and
    where there are tables what they were made of, and judged against.
    """
    found: dict[str, Any] = {}
    if weights := getattr(engine.state, WEIGHTS, None):
        found[WEIGHTS] = {**weights, "file": _seen_from(folder, weights["file"])}
    if tables := getattr(engine.state, TABLES, None):
        found[TABLES] = tables
        found[DATA] = getattr(engine.state, DATA, {})
        if table := getattr(engine.state, CLASS_TABLE, None):
            found[CLASS_TABLE] = table
    if classes := getattr(engine.state, CLASSES, None):
        found[CLASSES] = classes
    return found


def read_evaluation(folder: Path) -> dict[str, Any]:
    """What figures ``metrics.json`` in a folder has.

    Raises:
        UserError: it is no JSON object.
    """
    found = read_object(folder / METRICS, MEND)
    return {name: value for name, value in found.items() if name not in _FORM}


def copy_evaluation(folder: Path, target: Path) -> None:
    """Copy ``metrics.json`` to another folder, from where the weights that it names are seen.

    Raises:
        UserError: it is damaged.
    """
    said = read_object(folder / METRICS, MEND)
    if weights := says(folder, WEIGHTS):
        said = {**said, WEIGHTS: {**weights, "file": _seen_from(target, _named(folder, weights))}}
    write_json(target / METRICS, said)


def of_evaluation(folder: Path, tables: Sequence[Path]) -> list[Path]:
    """Those of some tables in a folder that are of the evaluation which its ``metrics.json`` is of.

    One that names no tables is not asked.

    Raises:
        UserError: it is damaged, or a table that it names is gone or not as it was written:
            damaged, changed, or of an evaluation that did not end; or it has written none of them.
    """
    if (named := says(folder, TABLES)) is None:
        return list(tables)
    for name, sha256 in named.items():
        table = folder / name
        if not table.is_file() or sha256_of(table) != sha256.lower():
            raise UserError(
                f"{table}: not the table that {METRICS} beside it is of (SHA-256): gone, changed "
                f"since, or of an evaluation that did not end; {MEND}"
            )
    if not (found := [table for table in tables if table.name in named]):
        earlier = f", {tables[0].name} beside it is of an earlier one" if tables else ""
        raise UserError(
            f"{folder / METRICS}: this evaluation wrote no table of cases{earlier}; {MEND}"
        )
    return found


def of_other_weights(folder: Path) -> str:
    """In one line, that a folder's figures are not of the weights that they name, as these are now.

    Nothing where they may be: weights that are gone, as from a copied folder, and figures that
    name none are not judged.

    Raises:
        UserError: ``metrics.json`` is damaged.
    """
    if (known := says(folder, WEIGHTS)) is None:
        return ""
    path = _named(folder, known)
    try:
        if not path.is_file() or weights_sha256(path) == known["sha256"].lower():
            return ""
    except UserError:  # a zip without them
        pass
    return f"{folder / METRICS}: not of {path} as it is now, but of other weights; {MEND}"


def refuse_other_weights(folder: Path) -> None:
    """Refuse the figures and tables of an evaluation of other weights than those that it names.

    Raises:
        UserError: see :func:`of_other_weights`.
    """
    if reason := of_other_weights(folder):
        raise UserError(reason)


def says(folder: Path, key: str) -> Any:
    """What ``metrics.json`` in a folder says beside figures; None where it says nothing, or is not.

    Args:
        folder: of the evaluation.
        key: such as :data:`TABLES`.

    Raises:
        UserError: it is damaged, or names a file as none is called.
    """
    path = folder / METRICS
    if path.is_symlink() and not path.exists():  # it would say nothing of what is to be compared
        raise UserError(f"{path}: a link to nothing; {MEND}")
    if not path.exists() or (found := read_object(path, MEND).get(key)) is None:
        return None
    check_form({key: found}, _FORM, path, MEND)
    if key == WEIGHTS and (missing := {"file", "sha256"} - set(found)):
        raise UserError(f"{path}: damaged ({key} without {min(missing)}); {MEND}")
    for name in _files_in(key, found):
        if reason := _misnamed(folder, name, beside=key != WEIGHTS):
            raise UserError(f"{path}: damaged ({key}: {name[:_SHOWN]!r}: {reason}); {MEND}")
    return found


def _files_in(key: str, found: Any) -> list[str]:
    """Names of files in what is said under a key."""
    if key == WEIGHTS:
        return [found["file"]]
    if key == TABLES:
        return list(found)
    return [found] if key == CLASS_TABLE else []


def _misnamed(folder: Path, name: str, beside: bool) -> str:
    """Why no file is called so, seen from a folder or in it; nothing where one may be."""
    if Path(name).name in ("", "..") or (beside and Path(name).name != name):
        return "no name of a file"
    try:
        (folder / name).lstat()
    except ValueError as error:  # a letter that no name has
        return str(error)
    except OSError as error:
        return str(error.strerror) if error.errno == errno.ENAMETOOLONG else ""
    return ""


def _seen_from(folder: Path, file: Path) -> str:
    """The way from a folder, whatever links lead to it, to a file, which may be a link itself."""
    way = os.path.relpath(file.parent.resolve() / file.name, folder.resolve())
    return Path(way).as_posix()


def _named(folder: Path, weights: Mapping[str, str]) -> Path:
    return Path(os.path.normpath(folder.resolve() / weights["file"]))
