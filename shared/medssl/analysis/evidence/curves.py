"""Areas under curves of label numbers: one figure for runs at several of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np

from ...errors import UserError
from ...metrics.bootstrap import Values
from .arms import Arm, check_pair


@dataclass(frozen=True)
class CurveArm:
    """The area under a curve of label numbers, over their logarithm: a mean of the metric.

    Attributes:
        labels: labelled cases at each point, increasing.
        points: arms of the same patients and seeds, one for each number.
    """

    labels: tuple[float, ...]
    points: tuple[Arm, ...]
    shares: Values = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if len(self.labels) != len(self.points) or len(self.labels) < 2:
            raise UserError(f"labels: {list(self.labels)}, expected two or more, one for each arm")
        if min(self.labels) <= 0 or list(self.labels) != sorted(set(self.labels)):
            raise UserError(f"labels: {list(self.labels)}, expected increasing numbers above 0")
        for point in self.points[1:]:
            check_pair(self.points[0], point, "points of the curve")
        widths = np.diff(np.log(self.labels))
        shares = (np.append(widths, 0) + np.append(0, widths)) / (2 * widths.sum())
        object.__setattr__(self, "shares", shares)

    @property
    def seeds(self) -> tuple[int, ...]:
        """See :class:`~.arms.Arm`."""
        return self.points[0].seeds

    @property
    def patients(self) -> tuple[str, ...]:
        """See :class:`~.arms.Arm`."""
        return self.points[0].patients

    @property
    def sign(self) -> int:
        """See :class:`~.arms.Arm`."""
        return self.points[0].sign

    def by_seed(self, draws: Values) -> Values:
        """See :class:`~.arms.Arm`."""
        each = np.stack([point.by_seed(draws) for point in self.points])
        return np.tensordot(self.shares, each, axes=1)

    def by_patient(self) -> Values | None:
        """See :class:`~.arms.Arm`."""
        each = [point.by_patient() for point in self.points]
        known = [values for values in each if values is not None]
        return self.shares @ np.stack(known) if len(known) == len(each) else None

    def on_seeds(self, seeds: Sequence[int]) -> Self:
        """See :class:`~.arms.Arm`."""
        return replace(self, points=tuple(point.on_seeds(seeds) for point in self.points))


def curves_of(arms: Mapping[str, Arm]) -> dict[str, Arm]:
    """The arms, or where they are named ``NAME@LABELS`` their curves by name.

    Raises:
        UserError: an arm without a number beside others with one, or unlike numbers.
    """
    points: dict[str, dict[float, Arm]] = {}
    for name, arm in arms.items():
        start, _, number = name.rpartition("@")
        if start and number.isdigit():
            points.setdefault(start, {})[float(number)] = arm
    if not points:
        return dict(arms)
    if plain := [name for name in arms if not name.rpartition("@")[2].isdigit() or "@" not in name]:
        raise UserError(f"{plain[0]}: expected NAME@LABELS as the others, such as mg@20")
    labels = sorted(next(iter(points.values())))
    for name, found in points.items():
        if sorted(found) != labels:
            raise UserError(
                f"{name}: runs of {_numbers(found)} labels, others of {_numbers(labels)}; expected "
                "the same for all"
            )
    return {
        name: CurveArm(tuple(labels), tuple(found[number] for number in labels))
        for name, found in points.items()
    }


def _numbers(labels: Iterable[float]) -> str:
    return ", ".join(f"{number:g}" for number in sorted(labels))
