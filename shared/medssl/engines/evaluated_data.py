"""What ``metrics.json`` says of the scans, label maps and classes that its tables are of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ignite.engine import Engine

from ..errors import UserError
from ..store.joined import CHANNELS
from ..store.labelled_cases import TABLE_OF
from ..store.manifest import HASHES
from ..store.selection import Item
from .evaluation import CLASS_TABLE, CLASSES, DATA, MEND, METRICS, says
from .identity import digest

_SHOWN = 16  # letters of a hash, of which there may be many


def note_classes(engine: Engine, path: Path, classes: Sequence[int]) -> None:
    """Let an engine know against which classes the lines of a table were judged, in their order."""
    noted = getattr(engine.state, CLASSES, {})
    engine.state.classes = {**noted, path.name: digest(list(classes))}


def note_data(engine: Engine, items: Sequence[Mapping[str, Any]]) -> None:
    """Let an engine know which volumes and labels its tables are of, where a data list knows.

    And from which table of the prepared folder their classes are, if they are from one.

    Raises:
        UserError: their classes are from several tables, of which one alone could be compared.
    """
    if len(tables := {str(item.get(TABLE_OF, "")) for item in items}) > 1:
        shown = ", ".join(table or "none" for table in sorted(tables))
        raise UserError(
            f"data: cases with classes of several tables ({shown}), expected one table; evaluate "
            "the cases of each by themselves"
        )
    volumes = [each for item in items for each in _volumes(item)]
    known = {str(each.get("id")): _content(each, HASHES) for each in volumes}
    engine.state.data = known if any(known.values()) else {}
    engine.state.class_table = next(filter(None, map(_own_table, items)), None)


def judged(folder: Path, items: Sequence[Item]) -> list[Item]:
    """Those of some items that the tables of an evaluation may be of: all, where it knows no data.

    Args:
        folder: of the evaluation.
        items: of a data list, also joined.

    Raises:
        UserError: ``metrics.json`` is damaged.
    """
    known = says(folder, DATA)
    return [
        item
        for item in items
        if not known or all(str(each["id"]) in known for each in _volumes(item))
    ]


def refuse_other_data(folder: Path, items: Iterable[Mapping[str, Any]]) -> None:
    """Refuse tables of volumes or labels that a data list now knows otherwise.

    Args:
        folder: of the evaluation.
        items: all of the data list's split, each channel by itself.

    Raises:
        UserError: it has other voxels or another label under the same id, or no hash of them to
            compare, or ``metrics.json`` is damaged.
    """
    known = says(folder, DATA) or {}
    for item in items:
        was = known.get(str(item["id"]), "").lower().split()
        keys = [key for key in HASHES if any(each.startswith(f"{key}:") for each in was)]
        if lacking := [key for key in keys if not item.get(key)]:
            raise UserError(
                f"{folder / METRICS}: has {lacking[0]} of {item['id']}, but the data list has none "
                "to compare with it; run `medssl prepare` again"
            )
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
    known = (says(table.parent, CLASSES) or {}).get(table.name)
    if known is not None and known.lower() != digest(list(classes)):
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
    name = says(folder, CLASS_TABLE)
    return None if name is None else data / name


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


def _content(item: Mapping[str, Any], keys: Iterable[str]) -> str:
    """The hashes that an item has, by key, as ``metrics.json`` has them."""
    return " ".join(f"{key}:{item[key][:_SHOWN].lower()}" for key in keys if item.get(key))
