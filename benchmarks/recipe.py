"""By which settings a method is tried, so that a figure is known to be of today's or of others."""

from __future__ import annotations

import json
from typing import Any

from medssl.engines.identity import FREE_KEYS, digest
from real.runs import ROOT

SPEED = {"channels_last", "compile"}  # what does not change a result but in rounding

PRECISION = {"amp": "off"}  # the same on every machine, whatever the bundles' default
LAST = {"keep": "last"}  # of every run that is judged
# Keys that came later, with what runs from before did: no other recipe as long as they say so.
SINCE = {**LAST, "rotation_head_depth": 2, "deterministic": False, "unmasked_epochs": 0}
HELD_OUT_CROPS = 64  # of each scan
# Where a crop's partner is sought among all others, crops that overlap it hide it: a scan holds no
# more than a few dozen that do not. So it is sought in rounds.
ROUNDS, CROPS_TO_SEARCH = 8, 16
SEARCHED = ("pretrain_simclr", "pretrain_byol")


def small(bundle: str) -> dict[str, Any]:
    """The overlay by which a method is tried."""
    file = ROOT / "bundles" / bundle / "configs" / "small.json"
    return dict(json.loads(file.read_text(encoding="utf-8")))


def spacing_of(bundle: str) -> float:
    """Voxel size in mm at which a method is tried."""
    return float(small(bundle)["spacing"])


def held_out(bundle: str) -> dict[str, int]:
    """By which crops of each held-out scan a method is judged: keys of its evaluation."""
    if bundle in SEARCHED:
        return {"crops_per_scan": ROUNDS * CROPS_TO_SEARCH, "search_crops": CROPS_TO_SEARCH}
    return {"crops_per_scan": HELD_OUT_CROPS}


def recipe(bundle: str) -> str:
    """SHA-256 of what a user can set and of :func:`held_out`.

    The settings are the top-level values of train.json, under small.json.

    What train.json computes (``$``) or builds (``_target_``) is not part of it, nor where files lie
    and what only makes it faster.
    """
    file = ROOT / "bundles" / bundle / "configs" / "train.json"
    defaults = json.loads(file.read_text(encoding="utf-8"))
    settings: dict[str, Any] = {
        key: value
        for key, value in defaults.items()
        if not isinstance(value, dict) and "$" not in json.dumps(value)
    }
    judged = held_out(bundle)
    settings |= {**small(bundle), **PRECISION, "held_out_crops": judged["crops_per_scan"]}
    settings |= {key: judged[key] for key in ("search_crops",) if key in judged}
    asked = {key: value for key, value in settings.items() if key not in FREE_KEYS | SPEED}
    return digest({key: value for key, value in asked.items() if (key, value) not in SINCE.items()})
