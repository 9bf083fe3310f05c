"""Which of a data list's scans are taken: a share of the patients, those that are large enough."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..errors import InfeasibleError, UserError
from .splits import patient_hash

Item = dict[str, Any]
logger = logging.getLogger(__name__)


def select_label_fraction(items: Sequence[Item], fraction: float, seed: int = 0) -> list[Item]:
    """Keep the scans of the first ``ceil(fraction * n)`` patients in an order drawn from ``seed``.

    Raises:
        UserError: the fraction is not in (0, 1].
    """
    if not isinstance(fraction, int | float) or not 0 < fraction <= 1:
        raise UserError(f"label_fraction: {fraction!r}, expected a number above 0 and at most 1")
    patients = sorted(
        {item["patient"] for item in items},
        key=lambda name: (patient_hash(name, seed, "label fraction"), name),
    )
    kept = set(patients[: math.ceil(round(fraction * len(patients), 9))])
    return [item for item in items if item["patient"] in kept]


def large_enough(items: Sequence[Item], crop_size: Sequence[int], path: Path) -> list[Item]:
    fits = [all(n >= m for n, m in zip(item["shape"], crop_size, strict=True)) for item in items]
    small = [f"{i['id']} {i['shape']}" for i, fit in zip(items, fits, strict=True) if not fit]
    if len(small) == len(items):
        raise InfeasibleError(
            f"crop_size: it makes the bundle cut {list(crop_size)} voxels, any margin included, "
            f"which is larger than every scan of {path} ({', '.join(small[:5])}); lower crop_size "
            "or prepare with a smaller spacing"
        )
    if small:
        logger.warning("left out, smaller than %s: %s", list(crop_size), ", ".join(small))
    return [item for item, fit in zip(items, fits, strict=True) if fit]
