"""Sizes of crops, patches and windows that a network can take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..networks.unet import STRIDE

SIZES = ("crop_size", "window_size", "patch_size")
CUBES, PUZZLE = "cube_size", "PuzzleNetwork"  # elsewhere a cube has one side
WINDOW = "window_size"  # whose sides may be 0, the whole scan
THREE = "three voxel counts (x, y, z), such as [64,64,64]"
# Networks that go back up and join what comes from below with what was there on the way down.
_UP_AGAIN = ("UNet3D", "PCRLNetwork")
# The others of the library, which only go down.
_DOWN = ("EncoderClassifier", "RelativePatchNetwork", PUZZLE, "SiameseProjection", "BYOLNetwork")


def is_size(key: str, value: Any) -> bool:
    """Whether a value is three voxel counts."""
    least = 0 if key == WINDOW else 1
    return (
        isinstance(value, list | tuple)
        and len(value) == 3
        and all(isinstance(n, int) and not isinstance(n, bool) and n >= least for n in value)
    )


def wrong_sizes(config: Mapping[str, Any], given: Mapping[str, Any]) -> list[str]:
    """What is wrong with each size that the network would refuse without naming its key.

    Sides are to become whole voxels at the deepest level, and more than one in training, where the
    batch norm needs them.

    Args:
        config: the config files, merged, with nothing resolved.
        given: values by key, as fire reads them, that stand above those of the files.
    """
    network = class_name(config.get("network_def"))
    if network not in (*_UP_AGAIN, *_DOWN):
        return []
    wrong = []
    for key in (*SIZES, CUBES) if network == PUZZLE else SIZES:
        value = given.get(key, config.get(key))
        if value is None or isinstance(value, str):  # left to the bundle, or an expression
            continue
        training = key == "crop_size" and "train" in config
        if not is_size(key, value) or not _fits(value, network in _UP_AGAIN, training):
            wrong.append(f"{key}: {value}, expected {_expected(key, network, training)}")
    return wrong


def class_name(component: Any) -> str:
    """Name of a component's class, whatever the library is called in a packed bundle."""
    target = component.get("_target_", "") if isinstance(component, Mapping) else ""
    return str(target).rpartition(".")[2]


def _fits(size: Sequence[int], whole: bool, training: bool) -> bool:
    sides = [side for side in size if side]
    if min(sides, default=STRIDE) < STRIDE or (whole and any(side % STRIDE for side in sides)):
        return False
    return not training or max(sides) >= 2 * STRIDE


def _expected(key: str, network: str, training: bool) -> str:
    counts = "voxel counts (x, y, z)"
    if network in _UP_AGAIN:
        words = f"three {counts} that are multiples of {STRIDE}"
    else:
        words = f"three {counts} of {STRIDE} or more"
    words += ", or 0 for the whole side" if key == WINDOW else ""
    words += f", one of them {2 * STRIDE} or more" if training else ""
    return f"{words}, such as [64,64,64]"
