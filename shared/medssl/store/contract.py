"""What a network must know of its scans: the scan contract, which travels with data and weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from ..errors import UserError
from ..forms import check_form

SCAN = "scan"  # key of the contract in manifest, data list, volumes and provenance
AXES = "RAS"
HU, PERCENTILE, ZSCORE = "hu", "percentile", "zscore"
INTENSITIES = (HU, PERCENTILE, ZSCORE)
# Names of a channel of which nobody has said more.
ANY_MR, ANY_IMAGE = "MR", "image"
# From a micro-CT of a specimen to a topogram; what lies outside is a unit or a tag gone wrong.
VOXEL_MM = (0.05, 20.0)
# 2,048 slices of 1,024 x 1,024: as single-precision numbers 8 GiB.
MOST_VOXELS = 2**31
_LIST_OR_NOTHING = (list, type(None))
_FORM = {
    **{"spacing": _LIST_OR_NOTHING, "axes": str, "intensity": str, "channels": [str]},
    **{"clip": _LIST_OR_NOTHING, "antialias": bool},
}


@dataclass(frozen=True)
class ScanContract:
    """How prepared scans are to be understood.

    Attributes:
        spacing: voxel size x, y, z in mm; None where each scan keeps its own.
        axes: order of the voxel axes; x grows to the right, y to the front, z to the head.
        intensity: what the stored int16 values mean: Hounsfield units, or thousandths on each
            scan's own scale, see :mod:`medssl.sources.intensity`.
        channels: one name for each channel.
        clip: lowest and highest HU that were kept; None where nothing was clipped.
        antialias: whether axes that became coarser were blurred.
    """

    spacing: tuple[float, float, float] | None = (1.0, 1.0, 1.0)
    axes: str = AXES
    intensity: str = HU
    channels: tuple[str, ...] = ("CT",)
    clip: tuple[float, float] | None = None
    antialias: bool = True

    def as_dict(self) -> dict[str, Any]:
        """Plain containers, as JSON and the volume store keep them."""
        plain = asdict(self)
        return {k: list(v) if isinstance(v, tuple) else v for k, v in plain.items()}

    @classmethod
    def from_dict(cls, content: object, where: object) -> ScanContract:
        """Read what :meth:`as_dict` gave; further keys are passed over.

        Args:
            content: from a manifest, data list, volume or provenance.
            where: file that it comes from, for messages.

        Raises:
            UserError: no contract, such as that of an older version, or a value that no
                preparation writes.
        """
        names = [field.name for field in fields(cls)]
        said = content if isinstance(content, Mapping) else {}
        if missing := [name for name in names if name not in said]:
            raise UserError(
                f"{where}: does not say {', '.join(missing)} of its scans, so an older version "
                "wrote it; run `medssl prepare`, or train, again"
            )
        values: dict[str, Any] = {name: said[name] for name in names}
        _check_values(values, where)
        for name, value in values.items():
            values[name] = tuple(value) if isinstance(value, list) else value
        return cls(**values)

    def differences(self, other: ScanContract) -> list[str]:
        """Names of what differs from ``other``.

        A single channel that is called ``MR`` or ``image``, as by ``--modality``, may be any.
        """
        mine, theirs = self.as_dict(), other.as_dict()
        named = _one_of_no_name(self.channels, other.channels)
        same = {"channels"} if named and self.intensity == other.intensity != HU else set()
        return [n for n in mine if n not in same and not _alike(mine[n], theirs[n])]


def _check_values(values: Mapping[str, Any], where: object) -> None:
    """Refuse what no preparation writes: a damaged file."""
    mend = "run `medssl prepare`, or train, again"
    check_form(values, _FORM, where, mend)
    try:
        check_spacing("native" if values["spacing"] is None else values["spacing"])
        check_clip(values["clip"], "clip")
        check_intensity(values["intensity"])
        if not values["channels"]:
            raise UserError("no channels")
    except UserError as error:
        raise UserError(f"{where}: damaged ({error}); {mend}") from error


def check_spacing(spacing: float | Sequence[float] | str) -> tuple[float, float, float] | None:
    """Return the voxel size as (x, y, z) in mm, None for ``native``.

    Raises:
        UserError: anything but one or three sizes that a scan may have, or ``native``.
    """
    if spacing == "native":
        return None
    try:
        if isinstance(spacing, bool):
            raise TypeError  # a flag without value, which would be 1 mm
        x, y, z = (float(value) for value in np.broadcast_to(np.asarray(spacing), 3))
    except (TypeError, ValueError):
        x = y = z = 0.0
    if not (VOXEL_MM[0] <= min(x, y, z) and max(x, y, z) <= VOXEL_MM[1]):
        raise UserError(
            f"spacing: {spacing!r}, expected mm as one number or three (x,y,z) from "
            f"{VOXEL_MM[0]:g} to {VOXEL_MM[1]:g}, or native"
        )
    return x, y, z


def _one_of_no_name(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether two single channels may be the same, as one of them has but a general name."""
    if len(one) != 1 or len(other) != 1:
        return False
    names = {one[0], other[0]}
    return ANY_IMAGE in names or (ANY_MR in names and "CT" not in names)


def _alike(one: Any, other: Any) -> bool:
    numbers = [isinstance(v, Sequence) and not isinstance(v, str) for v in (one, other)]
    if all(numbers) and len(one) == len(other) and all(isinstance(v, float) for v in one):
        return all(abs(a - b) < 1e-4 for a, b in zip(one, other, strict=True))
    return bool(one == other)


def check_intensity(intensity: str) -> str:
    """Return the rule for a scan's values.

    Raises:
        UserError: there is no such rule.
    """
    if intensity not in INTENSITIES:
        raise UserError(f"intensity: {intensity!r}, expected one of {', '.join(INTENSITIES)}")
    return intensity


def check_clip(hu_clip: Sequence[float] | None, key: str = "hu_clip") -> tuple[float, float] | None:
    """Return the lowest and highest HU to keep, None where nothing is clipped.

    Args:
        hu_clip: two numbers in HU, or None.
        key: what the message calls it.

    Raises:
        UserError: no two rising numbers.
    """
    if hu_clip is None:
        return None
    try:
        low, high = (float(value) for value in hu_clip)
    except (TypeError, ValueError):
        low = high = 0.0
    if not low < high:
        raise UserError(f"{key}: {hu_clip!r}, expected two rising numbers in HU (low,high)")
    return low, high


def check_antialias(antialias: object, key: str = "antialias") -> bool:
    """Return whether axes that become coarser are blurred.

    Raises:
        UserError: neither true nor false.
    """
    read = {"true": True, "false": False}.get(str(antialias).lower())
    if read is None:
        raise UserError(f"{key}: {antialias!r}, expected true or false")
    return read
