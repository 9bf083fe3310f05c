"""A small phantom and small settings, with which a bundle runs in seconds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...engines import Trained
from ...engines.model_file import MODEL
from ...phantom import prepare_phantom
from ...sources import prepare_images, prepare_liver, prepare_luna16
from ...store.case_table import TABLE
from .own_data import own_data
from .subject import Subject

SIDE = [16, 16, 16]
# What makes a run a matter of seconds, for keys that a config has with a value of the same type.
SMALL: dict[str, Any] = {
    **dict.fromkeys(("crop_size", "window_size", "patch_size", "cube_size"), SIDE),
    **{"jitter": 2, "crops_per_scan": 4, "train#dataloader#together": 1},
    **{
        "amp": "off",
        "base_channels": 2,
        "max_epochs": 1,
        "val_interval": 1,
        "batch_size": 2,
        "num_workers": 0,
    },
}


# Voxel size in mm of each phantom.
SPACING = {"candidates": 3.0, "classes": 3.0, "nodules": 3.0, "liver": 6.0}


def needs(subject: Subject) -> str:
    """Which phantom a bundle learns from: "candidates", "classes", "liver" or "nodules"."""
    keys = subject.config("train")
    if "candidates" in keys or "table" in keys:
        return "candidates" if "candidates" in keys else "classes"
    return "liver" if subject.name.startswith(("liver", "volume")) else "nodules"


def phantom(subject: Subject) -> tuple[Path, Path]:
    """A prepared phantom and a folder of its raw scans, made once for all bundles.

    Scans of the channels, classes and rule that the bundle's weights know.
    """
    trained = Trained(subject.folder / "models" / MODEL)
    return own_data(trained, *_phantom(subject), subject.phantoms / "own")


def _phantom(subject: Subject) -> tuple[Path, Path]:
    """The phantom as it comes: CT, with labels of its own."""
    kind = needs(subject)
    spacing = SPACING[kind]
    raw, data = (subject.phantoms / kind / name for name in ("raw", "data"))
    scans = raw / ("imagesTs" if kind == "liver" else "subset0")
    if data.is_dir():
        return data, scans
    # Two ranks need two scans to validate on; one process, as each new one imports for seconds.
    shares: dict[str, Any] = {"fractions": (0.4, 0.4, 0.2), "workers": 1}
    if kind == "liver":
        prepare_phantom(raw, kind="abdomen", scans=6, seed=0, spacing=spacing, workers=1)
        prepare_liver("msd_liver", raw, data, split="patients", spacing=spacing, **shares)
        return data, scans
    prepare_phantom(raw, scans=6, seed=0, spacing=spacing, workers=1)
    if kind == "candidates":
        prepare_luna16(raw, data, split="patients", spacing=spacing, **shares)
    else:
        if kind == "classes":
            shares["table"] = raw / TABLE
        masks = "nodule_masks/*.nii.gz"
        prepare_images(raw, data, images="subset*/*.mhd", labels=masks, spacing=spacing, **shares)
    return data, scans


def small_settings(keys: Mapping[str, Any]) -> dict[str, Any]:
    """Small settings for those of these literal keys, or defaults of ``source``, that have one."""
    own = {**keys, **keys.get("source", {}).get("default", {})}
    return {key: value for key, value in SMALL.items() if isinstance(own.get(key), type(value))}
