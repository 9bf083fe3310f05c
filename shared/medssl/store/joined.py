"""Scans of several channels: a stored volume for each, joined where a network sees all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UserError
from .contract import SCAN, ScanContract
from .open_volumes import open_item
from .selection import Item
from .volume_file import StoredVolume

CASE, CHANNEL = "case", "channel"  # facts of a volume that is one channel of a case
CHANNELS = "channels"  # key of a joined item: the items of its channels, in order
_OWN = ("image", "id", "scan_sha256", "voxels_sha256")  # what differs between channels


def case_of(item: Mapping[str, Any]) -> str:
    """The case whose channel an item, or a record, is; its own id where it is no channel."""
    return str(item.get("facts", {}).get(CASE, item["id"]))


def alone(items: Sequence[Item], contract: ScanContract) -> list[Item]:
    """Each channel as a scan of its own, for networks that see one.

    Args:
        items: of a data list.
        contract: of its folder.
    """
    if len(contract.channels) == 1:
        return list(items)
    one = {**contract.as_dict(), "channels": [" or ".join(contract.channels)]}
    return [{**item, SCAN: one} for item in items]


def join(items: Sequence[Item], contract: ScanContract, where: Path) -> list[Item]:
    """One item for each case, with the items of its channels under ``channels``.

    It is otherwise that of the first channel, which has the label.

    Args:
        items: of a data list.
        contract: of its folder.
        where: the data list, for messages.

    Raises:
        UserError: a case has fewer channels than the contract.
    """
    if len(contract.channels) == 1:
        return list(items)
    cases: dict[str, dict[int, Item]] = {}
    for item in items:
        facts = item.get("facts", {})
        cases.setdefault(case_of(item), {})[int(facts.get(CHANNEL, 0))] = item
    joined = []
    for name, found in cases.items():
        missing = [c for n, c in enumerate(contract.channels) if n not in found]
        if missing:
            raise UserError(
                f"{where}: {name} has no {', '.join(missing)}; run `medssl prepare` again"
            )
        order = [found[number] for number in range(len(contract.channels))]
        joined.append({**join_items(order), "id": name})
    return joined


def join_items(items: Sequence[Item]) -> Item:
    """The item of a case, from those of its channels in order; of one channel its own."""
    if len(items) == 1:
        return dict(items[0])
    channels = [{key: each[key] for key in _OWN if key in each} for each in items]
    return {**items[0], CHANNELS: channels}


def channels_of(item: Mapping[str, Any]) -> list[StoredVolume]:
    """The stored volumes of an item, one for each channel.

    Raises:
        UserError: see :func:`~.open_volumes.open_item`.
    """
    return [open_item(each) for each in item.get(CHANNELS, [item])]


def read_all(item: Mapping[str, Any]) -> np.ndarray[Any, np.dtype[Any]]:
    """All voxels of an item, ``(C, X, Y, Z)``."""
    return np.stack([volume.read_all() for volume in channels_of(item)])
