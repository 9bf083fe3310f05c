"""Names that other code gave to the same U-Net.

Models Genesis and the code of the study call the blocks ``down_tr64 ... down_tr512``,
``up_tr256 ... up_tr64`` and ``out_tr``; classifier variants put the encoder under ``encoder.``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from torch import Tensor

_DOWN = {"64": 0, "128": 1, "256": 2, "512": 3}
_UP = {"256": 0, "128": 1, "64": 2}
_UNIT = re.compile(r"(?:^|\.)(down|up)_tr(\d+)\.ops\.([01])\.(conv1|bn1)\.(\w+)$")
_UP_CONV = re.compile(r"(?:^|\.)up_tr(\d+)\.up_conv\.(\w+)$")
_OUT = re.compile(r"(?:^|\.)out_tr\.final_conv\.(\w+)$")
_LAYER = {"conv1": "conv", "bn1": "norm"}


def _rename(name: str) -> str | None:
    if match := _UNIT.search(name):
        side, width, unit, layer, leaf = match.groups()
        block = (
            f"encoder.blocks.{_DOWN[width]}"
            if side == "down"
            else f"decoder.stages.{_UP[width]}.convs"
        )
        return f"{block}.unit{int(unit) + 1}.{_LAYER[layer]}.{leaf}"
    if match := _UP_CONV.search(name):
        return f"decoder.stages.{_UP[match[1]]}.up.{match[2]}"
    if match := _OUT.search(name):
        return f"head.{match[1]}"
    return None


def translate(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Give foreign weights our names; weights with our own names come back unchanged."""
    renamed = {name: _rename(name) for name in weights}
    if not any(renamed.values()):
        return dict(weights)
    return {new: weights[old] for old, new in renamed.items() if new is not None}
