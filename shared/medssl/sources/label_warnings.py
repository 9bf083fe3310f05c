"""What is odd about the values that label maps hold, one line each."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ..store.manifest import LabelNames, label_values
from ..store.splits import SPLITS
from .pairing import some

_ENOUGH_LABELS = 3  # scans, from which on a value of one alone is odd
_SHOWN = 5

Record = Mapping[str, Any]


def label_warnings(records: Sequence[Record], names: LabelNames) -> list[str]:
    """Lines on empty maps, values of one scan alone or that a split lacks, names and their values.

    Args:
        records: of the prepared scans, with ``split``.
        names: of the values of the label maps and of regions of several.
    """
    labelled = [record for record in records if "label_source" in record]
    scans_of: dict[int, list[Record]] = {}
    for record in labelled:
        for value in label_values(record):
            scans_of.setdefault(value, []).append(record)
    scans_of = dict(sorted(scans_of.items()))
    if not labelled:
        return []
    if not scans_of:
        return ["labels: no map holds any value above 0, so there is nothing to learn"]
    called = _named_values(names)  # one scan alone may hold these: a rare class is no mistake
    lone = {value: held[0]["id"] for value, held in scans_of.items() if len(held) == 1}
    return [
        *(_lone_values(lone) if len(labelled) >= _ENOUGH_LABELS else []),
        *_missing(
            {v: held for v, held in scans_of.items() if v not in lone or v in called},
            labelled,
            names,
        ),
        *_names(scans_of.keys(), names),
    ]


def _lone_values(lone: Mapping[int, str]) -> list[str]:
    """A line on label values that one scan alone holds: 255 for 1, or background that is not 0."""
    if not lone:
        return []
    told = some([f"{value} ({scan})" for value, scan in lone.items()], 3)
    return [
        f"labels: values that one scan alone holds: {told}; if they mean what another value "
        "means elsewhere, or background, correct these masks"
    ]


def _missing(
    scans_of: Mapping[int, Sequence[Record]], labelled: Sequence[Record], names: LabelNames
) -> list[str]:
    """A line for each split of labelled scans that lacks values which others hold."""
    called: Mapping[Any, str] = names
    lines = []
    for split in (split for split in SPLITS if any(r["split"] == split for r in labelled)):
        absent = [v for v, held in scans_of.items() if not any(r["split"] == split for r in held)]
        if absent:
            told = some([str(called.get(value, value)) for value in absent], _SHOWN)
            lines.append(
                f"labels: no scan in {split} holds {told}: add scans that do, or draw the "
                "splits anew (--seed, --folds)"
            )
    return lines


def _named_values(names: LabelNames) -> set[int]:
    return {value for key in names for value in ([key] if isinstance(key, int) else key)}


def _names(held: Collection[int], names: LabelNames) -> list[str]:
    """A line where the label maps hold other values than the ones that have names, or fewer."""
    named_values = _named_values(names)
    absent = sorted(named_values - {*held, 0})
    unnamed = sorted({*held} - named_values)
    if not names or not (absent or unnamed):
        return []
    if not absent:
        told = ", ".join(map(str, unnamed[:_SHOWN]))
        one = len(unnamed) == 1
        if any(isinstance(key, tuple) for key in names):  # regions alone are classes then
            said = (
                "is in no region, so it is background; name it if it is a class"
                if one
                else "are in no region, so they are background; name them if they are classes"
            )
            return [f"labels: {told} {said}"]
        said = "has no name; it becomes a class of its own, by its number"
        if not one:
            said = "have no name; each becomes a class of its own, by its number"
        return [f"labels: {told} {said}"]
    named = ", ".join(
        f"{value} ({names.get(value, 'part of a region')})" for value in absent[:_SHOWN]
    )
    if not unnamed:
        return [f"labels: no scan holds {named}, so there is nothing to learn of it"]
    told = f"{', '.join(map(str, unnamed[:_SHOWN]))} {'has' if len(unnamed) == 1 else 'have'}"
    return [
        f"labels: no scan holds {named}, and {told} no name; "
        "correct the names, or the values, if they mean the same"
    ]
