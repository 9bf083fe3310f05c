"""``metrics.json``: the figures of an evaluation, and of which weights, data and tables."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ignite.engine import Engine

from ..errors import UserError
from ..files import read_object, sha256_of, write_json
from ..forms import check_form
from ..ranks import is_main
from ..store.joined import CHANNELS
from ..store.labelled_cases import TABLE_OF
from ..store.manifest import HASHES
from ..weights import weight_file, weights_sha256
from .identity import digest
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
_SHOWN = 16  # letters of a hash of data, of which there may be many


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


def note_classes(engine: Engine, path: Path, classes: Sequence[int]) -> None:
    """Let an engine know against which classes the lines of a table were judged, in their order."""
    noted = getattr(engine.state, CLASSES, {})
    engine.state.classes = {**noted, path.name: digest(list(classes))}


def note_data(engine: Engine, items: Sequence[Mapping[str, Any]]) -> None:
    """Let an engine know which volumes and labels its tables are of, where a data list knows.

    And from which table of the prepared folder their classes are, if they are from one.
    """
    volumes = [each for item in items for each in _volumes(item)]
    known = {str(each.get("id")): _content(each, HASHES) for each in volumes}
    engine.state.data = {name: content for name, content in known.items() if content}
    engine.state.class_table = next(filter(None, map(_own_table, items)), None)


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
    if weights := _said(folder, WEIGHTS):
        said = {**said, WEIGHTS: {**weights, "file": _seen_from(target, _named(folder, weights))}}
    write_json(target / METRICS, said)


def of_evaluation(folder: Path, tables: Sequence[Path]) -> list[Path]:
    """Those of some tables in a folder that are of the evaluation which its ``metrics.json`` is of.

    One that names no tables is not asked.

    Raises:
        UserError: it is damaged, or a table that it names is gone or not as it was written:
            damaged, changed, or of an evaluation that did not end.
    """
    if (named := _said(folder, TABLES)) is None:
        return list(tables)
    for name, sha256 in named.items():
        table = folder / name
        if not table.is_file() or sha256_of(table) != sha256:
            raise UserError(
                f"{table}: not the table that {METRICS} beside it is of (SHA-256): gone, changed "
                f"since, or of an evaluation that did not end; {MEND}"
            )
    return [table for table in tables if table.name in named]


def refuse_other_data(folder: Path, items: Iterable[Mapping[str, Any]]) -> None:
    """Refuse tables of volumes or labels that a data list now knows otherwise.

    Args:
        folder: of the evaluation.
        items: all of the data list's split, each channel by itself.

    Raises:
        UserError: it has other voxels or another label under the same id, or ``metrics.json`` is
            damaged.
    """
    judged = _said(folder, DATA) or {}
    for item in items:
        was = judged.get(str(item["id"]), "").split()
        keys = [key for key in HASHES if any(each.startswith(f"{key}:") for each in was)]
        if _content(item, keys).split() != was:
            raise UserError(
                f"{folder / METRICS}: of other voxels or another label of {item['id']} than the "
                f"data list has now; {MEND}"
            )


def refuse_other_classes(table: Path, classes: Sequence[int]) -> None:
    """Refuse a table whose lines were judged against other classes than they have now.

    Args:
        table: beside ``metrics.json``; one that it knows no classes of is not judged.
        classes: of its lines, in their order.

    Raises:
        UserError: they were others, or ``metrics.json`` is damaged.
    """
    known = (_said(table.parent, CLASSES) or {}).get(table.name)
    if known is not None and known != digest(list(classes)):
        raise UserError(f"{table}: judged against other classes than its lines have now; {MEND}")


def class_table(folder: Path, data: Path) -> Path | None:
    """The table of a prepared folder from which the classes in an evaluation's tables are.

    None where ``metrics.json`` names none: they are label maps', candidates', or from elsewhere.

    Args:
        folder: of the evaluation.
        data: the prepared folder.

    Raises:
        UserError: ``metrics.json`` is damaged.
    """
    name = _said(folder, CLASS_TABLE)
    return None if name is None else data / name


def of_other_weights(folder: Path) -> str:
    """In one line, that a folder's figures are not of the weights that they name, as these are now.

    Nothing where they may be: weights that are gone, as from a copied folder, and figures that
    name none are not judged.

    Raises:
        UserError: ``metrics.json`` is damaged.
    """
    if (said := _said(folder, WEIGHTS)) is None:
        return ""
    path = _named(folder, said)
    try:
        if not path.is_file() or weights_sha256(path) == said["sha256"]:
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


def _said(folder: Path, key: str) -> Any:
    """What ``metrics.json`` says of it; None where there is none, or it says nothing."""
    path = folder / METRICS
    if path.is_symlink() and not path.exists():  # it would say nothing of what is to be compared
        raise UserError(f"{path}: a link to nothing; {MEND}")
    if not path.exists() or (said := read_object(path, MEND).get(key)) is None:
        return None
    check_form({key: said}, _FORM, path, MEND)
    if key == WEIGHTS and (missing := {"file", "sha256"} - set(said)):
        raise UserError(f"{path}: damaged ({key} without {min(missing)}); {MEND}")
    return said


def _volumes(item: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Entries of the data list that an item is of: one, or of a joined case those of its channels.

    Its label is that of the first, see :func:`~medssl.store.joined.join`.
    """
    if CHANNELS not in item:
        return [item]
    first, *others = item[CHANNELS]
    labelled = {key: item[key] for key in HASHES if key in item and key not in first}
    return [{**first, **labelled}, *others]


def _own_table(item: Mapping[str, Any]) -> str:
    """Name of the table that an item's classes are from, if it lies in the prepared folder."""
    table = Path(item.get(TABLE_OF, ""))
    return table.name if table.name and table.parent == Path(item["image"]).parents[1] else ""


def _seen_from(folder: Path, file: Path) -> str:
    """The way from a folder, whatever links lead to it, to a file, which may be a link itself."""
    way = os.path.relpath(file.parent.resolve() / file.name, folder.resolve())
    return Path(way).as_posix()


def _named(folder: Path, weights: Mapping[str, str]) -> Path:
    return Path(os.path.normpath(folder.resolve() / weights["file"]))


def _content(item: Mapping[str, Any], keys: Iterable[str]) -> str:
    """The hashes that an item has, by key, as ``metrics.json`` has them."""
    return " ".join(f"{key}:{item[key][:_SHOWN]}" for key in keys if item.get(key))
