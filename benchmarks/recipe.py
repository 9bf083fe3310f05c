"""By which settings a method is tried, so that a figure is known to be of today's or of others."""

from __future__ import annotations

import json
from typing import Any

from medssl.engines.identity import FREE_KEYS, digest
from real.runs import ROOT

SPACING_MM = 2.0
# Where each crop must say from which part of the body it comes.
COARSER_MM = {"pretrain_jigsaw": 4.0}


def spacing_of(bundle: str) -> float:
    """Voxel size in mm at which a method is tried."""
    return COARSER_MM.get(bundle, SPACING_MM)


def recipe(bundle: str) -> str:
    """SHA-256 of what a user can set: the top-level values of train.json, under small.json.

    What train.json computes (``$``) or builds (``_target_``) is not part of it.
    """
    configs = ROOT / "bundles" / bundle / "configs"
    defaults, small = (
        json.loads((configs / f"{name}.json").read_text(encoding="utf-8"))
        for name in ("train", "small")
    )
    settings: dict[str, Any] = {
        key: value
        for key, value in defaults.items()
        if key not in FREE_KEYS and not isinstance(value, dict) and "$" not in json.dumps(value)
    }
    return digest({**settings, **small, "spacing": spacing_of(bundle)})
