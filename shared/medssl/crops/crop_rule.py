"""Which crops are worth learning from: those that show lung, those that show body, or any."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from ..random import fold
from ..store.occupancy import Bounds, Occupancy

AUTO = "auto"
# At 1 mm, ten real chests accept 1.4 to 12 % of positions under the lung rule, median 3.7; five
# real abdomens, most with the lungs' bases, 0.1 to 2.6, median 0.7. So scans whose median is 2 %
# or more are chests, and one of them with less than 1 % has no lung to show.
LUNGS, LEAST_ACCEPTED = 0.02, 0.01
_POSITIONS = 1000


@dataclass(frozen=True)
class CropRule:
    """A crop passes with a tissue score of at most ``tissue_limit`` and enough matter.

    Attributes:
        name: of the rule.
        tissue_limit: largest tissue score, see :func:`~medssl.store.occupancy.tissue_and_matter`.
        matter_limit: least share of voxels above -900 HU.
    """

    name: str
    tissue_limit: float = 1.0
    matter_limit: float = 0.0

    @property
    def allows_all(self) -> bool:
        """Whether no crop can fail."""
        return self.tissue_limit >= 1 and self.matter_limit <= 0

    def passes(self, tissue: Any, matter: Any) -> Any:
        """Whether crops of this tissue score and share of matter pass; numbers or arrays."""
        return (tissue <= self.tissue_limit) & (matter >= self.matter_limit)

    def miss(self, tissue: Bounds, matter: Bounds) -> NDArray[np.float64]:
        """By how much crops of these bounds ``(N,)`` probably miss the limits, 0 where not."""
        too_much = np.maximum(sum(tissue) / 2 - self.tissue_limit, 0)
        return np.asarray(too_much + np.maximum(self.matter_limit - sum(matter) / 2, 0))


# The lung rule is Models Genesis' (and the paper's) limit on tissue, with a limit on air beside it:
# in 64 x 64 x 32 crops of chests at 1 mm lung has 0.46 or more, air beside the body seldom 0.43.
RULES = {
    "lung": CropRule("lung", tissue_limit=0.15, matter_limit=0.45),
    "body": CropRule("body", matter_limit=0.5),
    "any": CropRule("any"),
}


def check_rule(name: str, tissue_limit: float | None, matter_limit: float | None) -> None:
    """Refuse a name that is no rule, and limits that are no share.

    Raises:
        UserError: naming the key.
    """
    if name not in (AUTO, *RULES):
        raise UserError(f"crop_rule: {name!r}, expected one of {', '.join((AUTO, *RULES))}")
    for key, value in (("tissue_limit", tissue_limit), ("matter_limit", matter_limit)):
        if value is not None and not 0 <= value <= 1:
            raise UserError(f"{key}: {value!r}, expected a share from 0 to 1, or null")


def with_limits(rule: CropRule, tissue_limit: float | None, matter_limit: float | None) -> CropRule:
    """The rule with its limits replaced where one is given."""
    return CropRule(
        rule.name,
        rule.tissue_limit if tissue_limit is None else tissue_limit,
        rule.matter_limit if matter_limit is None else matter_limit,
    )


def acceptance(
    rule: CropRule, occupancy: Occupancy, shape: tuple[int, int, int], size: tuple[int, int, int]
) -> float:
    """Share of a scan's positions whose crop passes the rule, from its block sums.

    A thousand positions, the same at every call, are judged by their estimates; no voxel is read.

    Args:
        rule: to pass.
        occupancy: of the scan.
        shape: of the scan, voxels; at least ``size``.
        size: of the crops, voxels.
    """
    rng = np.random.default_rng(fold("crop rule", *size))
    starts = rng.integers(0, np.subtract(shape, size) + 1, size=(_POSITIONS, 3))
    return float(np.mean(rule.passes(*occupancy.estimate(starts, np.asarray(size)))))
