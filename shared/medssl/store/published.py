"""What publishers call a scan, so that it is known again however it was prepared."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

# The decathlon's liver task holds the 131 cases of LiTS under LiTS's numbers.
_SAME_CASES = {"lits": "LiTS", "msd_liver": "LiTS"}
# A DICOM unique identifier, of a registered root or a UUID: LUNA16 and others name files by it.
_UID = re.compile(r"\d+(?:\.\d+){5,}|2\.25\.\d{20,}")


def published_as(item: Mapping[str, Any]) -> str | None:
    """The name under which a scan was published, the same for all who redistribute it.

    Args:
        item: of a data list; its ``facts`` may hold ``series_uid``, or ``data_set`` and ``number``.

    Returns:
        ``series <DICOM UID>`` or ``<data set> case <number>``; None where nothing is known.
    """
    facts = item.get("facts", {})
    uid = str(facts.get("series_uid") or item.get("id", ""))
    if _UID.fullmatch(uid):
        return f"series {uid}"
    data_set = _SAME_CASES.get(facts.get("data_set", ""))
    return f"{data_set} case {facts['number']}" if data_set and "number" in facts else None
