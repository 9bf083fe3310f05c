"""The words true, false and null: JSON's, which fire reads as text, and MONAI drops where null."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..paths import PATHS
from .sizes import SIZES
from .usable import LEAST, NUMBERS, held_at

WORDS = {"true": True, "false": False, "null": None}
EXPRESSION = ("$", "@", "%")
# Keys of the bundles that are true or false, also where a configuration works them out.
SWITCHES = (
    *("allow_overlap", "antialias", "channels_last", "compile", "deterministic", "equalise"),
    *("exclusive_rotations", "fixed_crops", "largest_component", "raw_antialias"),
    *("repeat_positives", "skip", "sync_batch_norm"),
)
AUTO_TOO = ("channels_last",)
# Keys that may be null, although a configuration may have something else there.
NULLABLE = (
    *NUMBERS,
    *("clip", "cube_size", "images", "isotropic_mm", "pair_scales", "points", "pretrained"),
    *("raw_channels", "raw_class_names", "raw_classes", "raw_clip", "raw_dir", "regions"),
    *("search_crops", "spacing", "subset_seed"),
)
SAID = (*SWITCHES, *NULLABLE)
_NEEDED = (*PATHS, *LEAST, *SIZES, "device")


def meant(config: Mapping[str, Any], key: str, value: Any) -> Any:
    """What a value stands for: JSON's words for what they say, unless the key takes any text.

    Args:
        config: the config files, merged, with nothing resolved.
        key: such as ``compile`` or ``train#trainer#compile``.
        value: as fire or YAML reads it.
    """
    if not isinstance(value, str) or value not in WORDS:
        return value
    if key in PATHS:
        return None if WORDS[value] is None else value
    held = held_at(config, key.replace("::", "#"))
    text = isinstance(held, str) and not _is_expression(held)
    return value if text and key not in SAID else WORDS[value]


def said(config: Mapping[str, Any]) -> dict[str, Any]:
    """What text at switches of the config files themselves stands for, where that is none."""
    found = {key: meant(config, key, config[key]) for key in SAID if key in config}
    return {key: value for key, value in found.items() if value is not config[key]}


def no_switches(config: Mapping[str, Any], given: Mapping[str, Any]) -> list[str]:
    """What is wrong with each value that is none of true and false, or null where it may not be.

    Truth is read off a value of any kind: "off" would switch on.

    Args:
        config: the config files, merged, with nothing resolved.
        given: values by key, see :func:`meant`, which stand above those of the files.
    """
    wrong = []
    for key, value in {**config, **said(config), **given}.items():
        held = held_at(config, key.replace("::", "#"))
        if expected := _expected(key, value, held):
            wrong.append(f"{key}: {'null' if value is None else value}, expected {expected}")
    return wrong


def _expected(key: str, value: Any, held: Any) -> str:
    """What the key takes, where this value is none of it."""
    if isinstance(value, bool | Mapping) or _is_expression(value):
        return ""
    name = key.replace("::", "#").rpartition("#")[2]
    if key in SWITCHES or isinstance(held, bool):
        if name in AUTO_TOO:
            return "" if value == "auto" else "auto, true or false"
        return "true or false"
    if value is not None or key in NULLABLE:
        return ""
    if _is_expression(held) or held is None or isinstance(held, Mapping):
        return "a value; leave it out for the bundle's own" if key in _NEEDED and held else ""
    return f"a value, such as {held}, which is taken where it is left out"


def _is_expression(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(EXPRESSION)
