"""What a run changed, written into the configs of its release."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..engines.identity import FREE_KEYS
from ..engines.provenance import PROVENANCE
from ..errors import UserError
from ..forms import COMPONENT, code_in
from ..store.contract import HU

# Of the machine that trained, which says nothing of those that infer.
_OF_THE_MACHINE = {"amp", "batch_size", "channels_last"}
# How the weights learnt, which MONAI Label's rounds go on with: the seed, the machine and how long
# are theirs.
_OF_THE_TRAINING = ("crop_size", "class_rates", "crops_per_scan", "augmentation", "flip_axes")


def bake_run(stage: Path, run: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """Write what the run changed into ``inference.json`` and ``train.json``.

    Keys that both configs have decide what network the weights belong to and how its input is made.
    Those that a config takes over from ``provenance.json`` become its defaults. Those that a
    prepared folder answers, such as classes and channels, it goes on answering: other data have
    others. Raw scans, as MONAI Label hands them over, are learnt from as those of the weights were:
    at their voxel size, clipped as they were, by the same channels and classes, in crops of their
    size, mirrored along no other axis.

    Returns:
        What was written into ``inference.json``.
    """
    names = ("inference", "train")
    paths = {name: stage / "configs" / f"{name}.json" for name in names}
    configs = {name: json.loads(path.read_text("utf-8")) for name, path in paths.items()}
    both = configs["inference"].keys() & configs["train"].keys()
    shared = {name: sorted(both - FREE_KEYS - _OF_THE_MACHINE) for name in names}
    shared["train"] += [key for key in _OF_THE_TRAINING if key in configs["train"].keys() - both]
    written = {}
    for name, config in configs.items():
        plain = [key for key in shared[name] if _is_plain(config[key])]
        changed = {key: run[key] for key in plain if run.get(key, config[key]) != config[key]}
        if place := code_in(changed):
            raise UserError(
                f"{PROVENANCE}: {place} is an expression, which is not passed on; train again with "
                "its value"
            )
        written[name] = changed
        if "raw_spacing" in config and "spacing" in known:
            raw = {
                "raw_spacing": known["spacing"] or "native",
                "raw_clip": known.get("clip"),
                "raw_antialias": known.get("antialias", True),
                "raw_intensity": known.get("intensity", HU),
                "raw_channels": known.get("channels"),
                "raw_classes": known.get("classes"),
                "raw_class_names": known.get("class_names"),
            }
            changed = {**changed, **{key: raw[key] for key in raw if key in config}}
        for table in ("trained", "source"):
            # Where the configs are read without their folder, as the zoo's checks do.
            if default := config.get(table, {}).get("default"):
                taken = {key: known[key] for key in default if key in known}
                changed = {**changed, table: {**config[table], "default": default | taken}}
        if changed:
            text = json.dumps({**config, **changed}, indent=4) + "\n"
            paths[name].write_text(text, "utf-8")
    return written["inference"]


def _is_plain(value: Any) -> bool:
    """Whether a key holds its value itself, and no component or expression works it out."""
    worked_out = isinstance(value, Mapping) and COMPONENT in value
    return bool(value) and not worked_out and not str(value).startswith("$")
