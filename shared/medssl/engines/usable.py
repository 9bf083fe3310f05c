"""Settings of the command line with which no run can start."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from fire.parser import DefaultParseValue

from ..errors import EMPTY
from .choices import to_choose_from
from .sizes import SIZES, THREE, is_size

# The least of each key that is a whole number.
LEAST = {
    **dict.fromkeys(("max_epochs", "batch_size", "val_interval", "checkpoint_every"), 1),
    **dict.fromkeys(("base_channels", "crops_per_scan", "patience"), 1),
    **dict.fromkeys(("lr_patience", "num_workers", "unmasked_epochs"), 0),
}
# The most of each key that is a number above 0.
MOST = {"learning_rate": math.inf, "imbalance_ratio": math.inf, "label_fraction": 1}
# Numbers that are null, or worked out, unless they are given.
NUMBERS = ("fold", "imbalance_ratio", "matter_limit", "num_samples", "patience", "tissue_limit")
TEXT_TOO = ("raw_spacing",)  # "native"
_MOST_REFERENCES = 5
SEEDS = ("seed", "subset_seed")
PLACES = ("dataset_dir", "output_dir", "pretrained", "model")  # empty, they are where one stands
NONE = ("flip_axes",)  # empty, they are none
BRANCHES = ("online", "target")
_EXPRESSION, _LEFT = ("$", "@", "%"), ("null", "None")  # to be worked out; left to the bundle


def unusable(given: Mapping[str, str]) -> list[str]:
    """What is wrong with each number that the libraries would refuse without naming its key.

    Args:
        given: options of the command line as they were typed.
    """
    wrong = []
    for key, text in given.items():
        left = _is_left(text) and (key, text) != ("seed", "null")
        expected = "" if left else _expected(key, DefaultParseValue(text))
        if expected:
            wrong.append(f"{key}: {text or 'nothing'}, expected {expected}")
    return wrong


def no_values(given: Mapping[str, Any]) -> list[str]:
    """What is wrong with each option that is empty: the bundle's own would be taken, or none.

    Args:
        given: values by key, which stand above those of the files.
    """
    return [f"--{key}: {EMPTY}" for key, value in given.items() if value == "" and key not in NONE]


def no_numbers(config: Mapping[str, Any], given: Mapping[str, Any]) -> list[str]:
    """What is wrong with each text, true, false or object where the configuration has a number.

    So is a list at a key that is one number; at others it may be one for each axis.

    Args:
        config: the config files, merged, with nothing resolved.
        given: values by key, such as ``train#dataloader#together``, as fire reads them.
    """
    wrong = []
    for key, value in given.items():
        expression = isinstance(value, str) and _is_left(value)
        plural = isinstance(value, Mapping) or (isinstance(value, list | tuple) and key in NUMBERS)
        if plural or (isinstance(value, str | bool) and not expression):
            held = held_at(config, key.replace("::", "#"))
            if _is_number(held) or key in NUMBERS:
                such = f", such as {held}" if _is_number(held) else ""
                wrong.append(f"{key}: {value}, expected a number{such}")
    return wrong


def held_at(config: Mapping[str, Any], key: str) -> Any:
    """What stands at a key, references followed; None where nothing does, or text may."""
    node: Any = f"@{key}"
    for _ in range(_MOST_REFERENCES):
        if not (isinstance(node, str) and node.startswith("@")):
            return node
        if (key := node[1:]) in TEXT_TOO:
            return None
        node = config
        for part in key.split("#"):
            if isinstance(node, list) and part.isdigit():
                node = dict(enumerate(node)).get(int(part))
            else:
                node = node.get(part) if isinstance(node, Mapping) else None
    return None


def _expected(key: str, value: Any) -> str:
    """What the key takes, where this value is none of it."""
    if key in LEAST and not (_is_whole(value) and value >= LEAST[key]):
        return f"a whole number, {LEAST[key]} or more"
    if key in MOST and not (_is_number(value) and 0 < value <= MOST[key] and value < math.inf):
        return "a number above 0" + (f" and at most {MOST[key]}" if MOST[key] < math.inf else "")
    if key == "overlap" and not all(map(_is_share, _each(value))):
        return "a number from 0 to below 1, such as 0.25"
    if key in SEEDS and not _is_whole(value):
        return "a whole number"
    if key == "window" and not _is_window(value):
        return "two rising numbers, such as [-1000,1000]"
    if key == "transfer_from" and value not in BRANCHES:
        return " or ".join(BRANCHES)
    if key in PLACES and value == "":
        return "a path"
    if key == "device" and not _is_there(value):
        cuda = [f"cuda:{index}" for index in range(torch.cuda.device_count())]
        return f"one that PyTorch finds here, such as {', '.join([*cuda, 'cpu'])}; or leave it out"
    if key in SIZES:
        return "" if is_size(key, value) else THREE
    return to_choose_from(key, value)


def _is_left(text: str) -> bool:
    return text.startswith(_EXPRESSION) or text in _LEFT


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _each(value: Any) -> Sequence[Any]:
    """Values of the three axes, or the one of all."""
    return value if isinstance(value, list | tuple) and len(value) == 3 else [value]


def _is_share(value: Any) -> bool:
    return _is_number(value) and 0 <= value < 1


def _is_window(value: Any) -> bool:
    pair = isinstance(value, list | tuple) and len(value) == 2 and all(map(_is_number, value))
    return pair and -math.inf < value[0] < value[1] < math.inf


def _is_there(device: Any) -> bool:
    """Whether PyTorch can compute on a device of this name; none is opened for it."""
    try:
        known = torch.device(device)
        count: int = torch.get_device_module(known).device_count()
    except (RuntimeError, TypeError, ValueError, AttributeError):  # no name, or of one without
        return False
    return (known.index or 0) < count
