"""What travels with weights: the one table of keys, from which every comparison follows."""

from __future__ import annotations

from typing import NamedTuple

from ..store.contract import SCAN

SOURCE = "source"  # key of train.json: what is known of ``pretrained``
TASK = "task"  # of ``metadata.json`` and ``provenance.json``: what the bundle is for
NETWORK = "network"  # table of ``run.json`` and ``provenance.json`` beside SCAN


class Key(NamedTuple):
    """One key that ``provenance.json`` keeps of a run.

    Attributes:
        table: ``scan`` or ``network``, where it is kept.
        setting: one of the bundle's top-level keys; else the prepared scans, or the code, say it.
        bound: evaluation and inference use no other value.
        must_match: a hand-over to a run that has another value is refused.
        told: a hand-over to a run that has another value is noted.
        asked: part of what a pretext task asks; an evaluation that has another value says so.
    """

    table: str
    setting: bool = True
    bound: bool = True
    must_match: bool = False
    told: bool = False
    asked: bool = False


KEYS = {
    # How the scans were prepared: the fields of ScanContract.
    "spacing": Key(SCAN, setting=False, told=True),
    "axes": Key(SCAN, setting=False, must_match=True),
    "intensity": Key(SCAN, setting=False, told=True),
    "channels": Key(SCAN, setting=False, told=True),
    "clip": Key(SCAN, setting=False, told=True),
    "antialias": Key(SCAN, setting=False, told=True),
    # What the run made of them. The networks take crops of any size, chosen in any way.
    "window": Key(SCAN, told=True),
    "crop_size": Key(SCAN, bound=False),
    "patch_size": Key(SCAN, bound=False, asked=True),
    "cube_size": Key(SCAN, bound=False, asked=True),
    "window_size": Key(SCAN, bound=False),
    "overlap": Key(SCAN, bound=False),
    "window_weights": Key(SCAN, bound=False),
    "window_rule": Key(SCAN, bound=False),
    "pair_scales": Key(SCAN, bound=False),
    "crop_rule": Key(SCAN, bound=False),
    "tissue_limit": Key(SCAN, bound=False),
    "matter_limit": Key(SCAN, bound=False),
    "isotropic_mm": Key(SCAN),
    "classes": Key(SCAN),
    "class_names": Key(SCAN, bound=False),  # other names may mean the same; their order counts
    "table": Key(SCAN, bound=False),
    "fold": Key(SCAN, bound=False),
    # The pretext task that the crops pose. Another ``permutations`` gives its classes other orders.
    "gap": Key(SCAN, bound=False, asked=True),
    "jitter": Key(SCAN, bound=False, asked=True),
    "equalise": Key(SCAN, bound=False, asked=True),
    "permutations": Key(SCAN),
    "turn_rate": Key(SCAN, bound=False, asked=True),
    "exclusive_rotations": Key(SCAN, bound=False, asked=True),
    "mask_rate": Key(SCAN, bound=False, asked=True),
    "keep_rate": Key(SCAN, bound=False, asked=True),
    "intensity_rate": Key(SCAN, bound=False, asked=True),
    "temperature": Key(SCAN, bound=False, asked=True),
    # What builds the network. Heads and widths are compared weight by weight at a hand-over.
    "in_channels": Key(NETWORK, must_match=True),
    "out_channels": Key(NETWORK),
    "base_channels": Key(NETWORK),
    "batch_norm": Key(NETWORK),
    "skip": Key(NETWORK),
    "rotation_head_depth": Key(NETWORK),
    "stride": Key(NETWORK, setting=False),
}

OF_EVERY_RUN = ("window", "in_channels", "base_channels", "batch_norm")  # whatever it trained


def settings(table: str) -> tuple[str, ...]:
    """Top-level keys of a bundle that are kept in this table."""
    return tuple(name for name, key in KEYS.items() if key.setting and key.table == table)


def bound() -> tuple[str, ...]:
    """Keys that whoever uses the weights may not give another value."""
    return tuple(name for name, key in KEYS.items() if key.bound)


def compared() -> tuple[str, ...]:
    """Keys whose values a hand-over compares."""
    return tuple(name for name, key in KEYS.items() if key.must_match or key.told)


def asked() -> tuple[str, ...]:
    """Keys that make a pretext task another one."""
    return tuple(name for name, key in KEYS.items() if key.asked)
