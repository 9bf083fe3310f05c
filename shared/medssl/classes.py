"""How the values of label maps make the classes of a task: apart, or regions within each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from .errors import UserError

Groups = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Classes:
    """Groups of label values, one for each class.

    Classes exclude each other, or some hold others as an organ holds its tumour: then they are
    regions, and a network says of each voxel which of them it is in.

    Attributes:
        groups: label values of each class.
    """

    groups: Groups

    @cached_property
    def nested(self) -> bool:
        """Whether a value is in several classes."""
        values = [value for group in self.groups for value in group]
        return len(set(values)) < len(values)

    @cached_property
    def parts(self) -> Groups:
        """Label values of what a map of numbers from 1 on tells apart: classes, or single values.

        Values that are in the same regions are one part.
        """
        if not self.nested:
            return self.groups
        found: dict[tuple[bool, ...], list[int]] = {}
        for value in sorted({value for group in self.groups for value in group}):
            found.setdefault(tuple(value in group for group in self.groups), []).append(value)
        return tuple(map(tuple, found.values()))

    @cached_property
    def members(self) -> Groups:
        """Numbers of the parts of each class."""
        return tuple(
            tuple(n for n, part in enumerate(self.parts, 1) if part[0] in group)
            for group in self.groups
        )

    @cached_property
    def part_values(self) -> tuple[int, ...]:
        """The label value that stands for each part in a mask: its first."""
        return tuple(part[0] for part in self.parts)

    @cached_property
    def values(self) -> tuple[int, ...]:
        """The label value that stands for each class in a mask: of a region that of its own part.

        Raises:
            UserError: a region has no part of its own, or several.
        """
        own = dict(self.painted)
        return tuple(self.part_values[own[index] - 1] for index in range(len(self.groups)))

    @property
    def out_channels(self) -> int:
        """Channels of a network's output: one for a class alone, and for each region.

        Else background and each class.
        """
        return len(self.groups) if self.nested or len(self.groups) == 1 else len(self.groups) + 1

    @cached_property
    def painted(self) -> tuple[tuple[int, int], ...]:
        """Index of each region, the largest first, and the part that is its own.

        A region's own part is in no smaller one, so that regions painted in this order make a map.

        Raises:
            UserError: a region that has none, or several.
        """
        order = sorted(range(len(self.groups)), key=lambda index: -len(self.members[index]))
        pairs = []
        for rank, index in enumerate(order):
            inner = {number for other in order[rank + 1 :] for number in self.members[other]}
            own = [number for number in self.members[index] if number not in inner]
            if len(own) != 1:
                raise UserError(
                    f"classes: {[list(group) for group in self.groups]} share values, and "
                    f"{list(self.groups[index])} does not hold the others whole; expected "
                    "regions within each other such as [[1, 2, 3], [2, 3], [3]], or classes apart"
                )
            pairs.append((index, own[0]))
        return tuple(pairs)


def read_classes(classes: Sequence[Sequence[int]]) -> Classes:
    """The classes of a task.

    Args:
        classes: label values of each class.

    Raises:
        UserError: a class without values or with one twice, a value that is background, or classes
            that share values without one holding the other.
    """
    try:
        if any(isinstance(group, str) for group in classes):
            raise TypeError  # a name, or digits that would be taken for values each
        groups = tuple(tuple(int(value) for value in group) for group in classes)
    except (TypeError, ValueError):
        groups = ()
    twice = any(len(set(group)) < len(group) for group in groups) or len(set(groups)) < len(groups)
    if not groups or not all(groups) or twice or min(map(min, groups)) < 1:
        raise UserError(
            f"classes: {classes!r}, expected for each class a list of label values above 0, such "
            "as [[1], [2]] or, as one class, [[1, 2]]; in volume_segmentation names are taken by "
            "--classes#names \"['liver']\""
        )
    found = Classes(groups)
    if found.nested:
        assert found.painted
    return found


def called(
    own: Sequence[str], trained: Sequence[str], groups: Sequence[Sequence[int]]
) -> list[str]:
    """What classes are called: as the data set of the weights has them, if it has names at all.

    Args:
        own: names that a bundle gives them.
        trained: names that the weights were trained with; numbers are none.
        groups: label values of each class.

    Returns:
        ``own`` where the weights know no better: a class of several values goes by all of their
        names, ``liver_tumour``, of which the bundle's may be one.
    """
    if len(trained) != len(groups) or all(name.isdigit() for name in trained):
        return list(own)
    if len(own) != len(trained):
        return list(trained)
    alike = (
        mine.lower() in (theirs.lower(), *(theirs.lower().split("_") if len(group) > 1 else ()))
        for mine, theirs, group in zip(own, trained, groups, strict=True)
    )
    return list(own) if all(alike) else list(trained)
