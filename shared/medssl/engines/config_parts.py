"""Parts of a config that are none, and would fail far from where they stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .usable import held_at

_TARGET, _DATA_SET = "_target_", "dataset"


def no_parts(config: Mapping[str, Any]) -> list[str]:
    """What is wrong with each ``_target_`` that is no text, and ``dataset`` that is nested lists.

    MONAI hands on the first as it is, and whoever should work with the part finds a number. Of a
    list of lists PyTorch would take each for a sample and, to make a batch of them, try every level
    more than once: 30 levels are as good as an endless loop.

    Args:
        config: the config, with nothing resolved; references are followed.
    """
    wrong = []
    for key, value in _values(config):
        name = key.rsplit("#", 1)[-1]
        if name == _TARGET and not isinstance(value, str):
            wrong.append(f"{key}: {value}, expected the name of a class or function")
        elif name == _DATA_SET and _is_nested(held_at(config, key)):
            wrong.append(
                f"{key}: a list of lists, expected a data set, such as a medssl.crops.CropDataset"
            )
    return wrong


def _is_nested(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(item, list) for item in value)


def _values(config: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every value of a config with its key, such as ``train#handlers#0``."""
    todo = list(config.items())[::-1]
    while todo:  # no recursion: a config may be deep
        key, value = todo.pop()
        yield key, value
        below: Any = value.items() if isinstance(value, Mapping) else ()
        if isinstance(value, list):
            below = enumerate(value)
        todo += [(f"{key}#{part}", child) for part, child in below]
