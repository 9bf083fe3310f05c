"""What stored values mean: Hounsfield units, or grey values on a scale that each scan sets itself.

Grey values of MR, ultrasound or PET have no unit that two scanners share. Two rules bring them to
one range, in thousandths, so that stored volumes, windows and methods are those of CT:

- ``percentile``: the 0.5th and 99.5th percentile of the scan's foreground become -1000 and 1000;
- ``zscore``: the foreground's mean becomes 0, and 1000 lies three standard deviations above it.

The foreground is what exceeds the scan's 0.5th percentile by a tenth of the way to its 99.5th. Air
and the zeros of a removed skull are not among it; of a cut-out without either it is nearly all.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from ..store.contract import ANY_IMAGE, ANY_MR, HU, PERCENTILE, check_intensity
from .plausible import check_hu, check_values
from .scan import BrokenScanError, Scale

_ENDS = (0.5, 99.5)
_FOREGROUND = 0.1
_UNIT = 1000.0
_SPREAD = 3
_FEWEST = 50.0  # grey values that a scan shows, as few as CT may span in HU
_TINY = 1e-290  # the scale of what is smaller is no number
_OF_LABELS, _LOOKED_AT = 16, 10_000
# Names of sequences, with or without more words.
_MR = re.compile(r"(mri?|t[12]\w*|flair|dwi|adc|pdw?|swi)([\W_].*)?", re.IGNORECASE)
_LOWEST = -32768  # what is stored of darker voxels, such as padding


@dataclass(frozen=True)
class Modality:
    """What a kind of scan is taken for unless told otherwise.

    Attributes:
        channels: their names in the data list.
        intensity: rule for its values.
        of_mr: CT among its scans is a mistake.
    """

    channels: tuple[str, ...]
    intensity: str
    of_mr: bool = False


MODALITIES = {
    "ct": Modality(("CT",), HU),
    "mr": Modality((ANY_MR,), PERCENTILE, of_mr=True),
    "other": Modality((ANY_IMAGE,), PERCENTILE),
}


def says_mr(channels: Sequence[str]) -> bool:
    """Whether the names of channels say that all of them are MR, such as ``T1ce`` and ``FLAIR``.

    Args:
        channels: as a contract has them; one that may be any of several is ``T1 or T2``.
    """
    names = [name for channel in channels for name in channel.split(" or ")]
    return bool(names) and all(_MR.fullmatch(name.strip()) for name in names)


def check_modality(modality: str, intensity: str | None) -> Modality:
    """The modality, with its own rule or another.

    Raises:
        UserError: neither is known, or Hounsfield units of what has none.
    """
    if modality not in MODALITIES:
        raise UserError(f"modality: {modality!r}, expected one of {', '.join(MODALITIES)}")
    known = MODALITIES[modality]
    if intensity is None:
        return known
    if check_intensity(intensity) == HU and known.intensity != HU:
        raise UserError(f"intensity: only ct is in {HU}; choose percentile or zscore")
    return replace(known, intensity=intensity)


def darkest_of_foreground(values: NDArray[Any]) -> float:
    """What voxels of the patient exceed, and those of air or padding do not, by the rule above."""
    low, high = np.percentile(values, _ENDS)
    return float(low + _FOREGROUND * (high - low))


def _distinct(values: NDArray[Any]) -> int:
    """How many different values there are; of many, those of some voxels will do."""
    some = np.unique(values.reshape(-1)[:: max(1, values.size // _LOOKED_AT)])
    return len(some) if len(some) > _OF_LABELS else len(np.unique(values))


def scale_of(values: NDArray[Any], intensity: str) -> Scale | None:
    """The scale of a scan by a rule; None for Hounsfield units, which need none.

    Args:
        values: voxels as read, before anything is resampled.
        intensity: one of :data:`~medssl.store.contract.INTENSITIES`.

    Raises:
        BrokenScanError: values that the rule cannot be applied to.
    """
    if intensity == HU:
        check_hu(values)
        return None
    check_values(values)
    dark = darkest_of_foreground(values)
    inside = values[values > dark].astype(np.float64)
    if not inside.size:
        raise BrokenScanError("no more than one voxel in 200 differs from the background")
    if intensity == PERCENTILE:
        low, high = np.percentile(inside, _ENDS)
        middle, half = (low + high) / 2, (high - low) / 2
    else:
        middle, half = inside.mean(), _SPREAD * inside.std()
    if not half < math.inf:
        raise BrokenScanError(f"values up to {values.max():g} are no grey values; scale them down")
    if half < _TINY:
        raise BrokenScanError(f"every voxel of its foreground is {inside[0]:g}")
    if (count := _distinct(values)) <= _OF_LABELS:
        raise BrokenScanError(
            f"holds {count} different values alone, as label maps do; give scans with --images and "
            "label maps with --labels"
        )
    slope, darkest = float(_UNIT / half), float(values.min())
    low, high = np.percentile(inside, _ENDS)
    if (high - low) * slope < _FEWEST:
        raise BrokenScanError(
            f"a few voxels, up to {values.max():g}, outshine the others, which would share "
            f"{(high - low) * slope:.0f} grey values; clip them, or take the rule percentile"
        )
    outside, threshold = (float((value - middle) * slope) for value in (darkest, dark))
    return Scale(slope, float(-middle * slope), outside, max(math.floor(threshold), _LOWEST))
