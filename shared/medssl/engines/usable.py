"""Settings of the command line with which no run can start."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from fire.parser import DefaultParseValue

# The least of each key that is a whole number.
LEAST = {
    **dict.fromkeys(("max_epochs", "batch_size", "val_interval", "checkpoint_every"), 1),
    **dict.fromkeys(("base_channels", "crops_per_scan"), 1),
    "num_workers": 0,
}
_NO_NUMBER = ("$", "@", "%", "null", "None")  # an expression, or left to the bundle


def unusable(given: Mapping[str, str]) -> list[str]:
    """What is wrong with each number that the libraries would refuse without naming its key.

    Args:
        given: options of the command line as they were typed.
    """
    wrong = []
    for key, text in given.items():
        expected = "" if text.startswith(_NO_NUMBER) else _expected(key, DefaultParseValue(text))
        if expected:
            wrong.append(f"{key}: {text}, expected {expected}")
    return wrong


def _expected(key: str, value: Any) -> str:
    """What the key takes, where this value is none of it."""
    if key in LEAST and not (_is_whole(value) and value >= LEAST[key]):
        return f"a whole number, {LEAST[key]} or more"
    if key == "learning_rate" and not (_is_number(value) and 0 < value < math.inf):
        return "a number above 0"
    if key == "crop_size":
        three = isinstance(value, list | tuple) and len(value) == 3
        if not three or not all(_is_whole(voxels) and voxels > 0 for voxels in value):
            return "three voxel counts (x, y, z), such as [64,64,64]"
    return ""


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
