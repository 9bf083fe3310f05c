"""What a preparation changes for whoever worked with an earlier one in the same folder."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..files import parse_json
from ..store.case_table import TABLE
from ..store.manifest import DATALIST, fold_name
from ..store.splits import SPLITS
from .pairing import some

_SHOWN = 3
_PLAN = re.compile(r"plan(?:_fold(\d+))?\.json")  # as ``medssl plan`` calls them


def describe_changes(
    output: Path,
    listing: Mapping[str, Any],
    folds: Sequence[Mapping[str, str]],
    table: Path | None,
) -> list[str]:
    """Lines on an old table of classes, patients who change split, and plans of other lists.

    Args:
        output: folder that is prepared, its lists still those of the earlier preparation.
        listing: what ``datalist.json`` will hold.
        folds: patient to split for each fold that will be there.
        table: of the user's own classes that is given now.
    """
    lines = []
    if table is None and (output / TABLE).is_file():
        lines.append(
            f"{TABLE} of an earlier preparation is kept, but the splits are drawn without its "
            f"classes: give --table {output / TABLE} again, or remove it"
        )
    earlier = _read(output / DATALIST)
    if not earlier:
        return lines
    before, now = _splits(earlier), _splits(listing)
    moved = [name for name in sorted(before.keys() & now) if before[name] != now[name]]
    if moved:
        told = some([f"{name}: {before[name]} to {now[name]}" for name in moved], _SHOWN)
        lines.append(
            f"{len(moved)} of {len(now)} patients are in another split than before ({told}): "
            "models of the earlier splits may have learnt from those tested now"
        )
    changed = json.loads(json.dumps(listing)) != earlier
    plans = filter(None, map(_PLAN.fullmatch, sorted(path.name for path in output.iterdir())))
    if stale := [plan[0] for plan in plans if changed or _is_of_others(output, plan[1], folds)]:
        lines.append(f"{', '.join(stale)}: made for the earlier data list; run medssl plan again")
    return lines


def _is_of_others(output: Path, fold: str | None, folds: Sequence[Mapping[str, str]]) -> bool:
    """Whether a plan is of a fold that will not be there any more, or will hold others."""
    if fold is None:
        return False
    before = _splits(_read(output / fold_name(int(fold))))
    return int(fold) >= len(folds) or before != folds[int(fold)]


def _splits(listing: Mapping[str, Any]) -> dict[str, str]:
    return {str(item["patient"]): split for split in SPLITS for item in listing.get(split, ())}


def _read(path: Path) -> dict[str, Any]:
    """A data list of before; nothing where it is missing or damaged, as it will be written anew."""
    try:
        listing = parse_json(path.read_text(encoding="utf-8"))
        _splits(listing)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
    return dict(listing)
