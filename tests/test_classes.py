"""Groups of label values as classes: apart, or regions within each other."""

from itertools import product

import numpy as np
import pytest

from medssl.classes import read_classes
from medssl.errors import UserError

BRATS = [[1, 2, 3], [2, 3], [3]]


def test_classes_apart_are_their_own_parts():
    found = read_classes([[2, 4], [1]])
    assert not found.nested
    assert found.parts == ((2, 4), (1,))
    assert found.members == ((1,), (2,))
    assert found.out_channels == 3


@pytest.mark.parametrize(("classes", "channels"), [([[1]], 1), ([[1, 2]], 1), (BRATS, 3)])
def test_a_class_alone_and_regions_need_no_background(classes, channels):
    assert read_classes(classes).out_channels == channels


@pytest.mark.parametrize(
    "regions", [BRATS, [[3], [2, 3], [1, 2, 3]], [[4, 1, 2], [1, 4], [4]], [[1, 2, 5], [2]]]
)
def test_regions_painted_from_the_largest_on_make_the_map_they_come_from(regions):
    found = read_classes(regions)
    values = sorted({value for group in regions for value in group})
    label = np.array([0, *values, values[-1] + 1])
    canvas = np.zeros(len(label), dtype=int)
    for index, part in found.painted:
        canvas[np.isin(label, regions[index])] = part
    for place, value in enumerate(label):
        parts = [number for number, part in enumerate(found.parts, 1) if value in part]
        assert canvas[place] == (parts[0] if parts else 0)


def test_members_are_the_parts_whose_values_a_region_holds():
    found = read_classes([[4, 1, 2], [1, 4], [4]])
    for (group, members), (number, part) in product(
        zip(found.groups, found.members, strict=True), enumerate(found.parts, 1)
    ):
        assert (number in members) == set(part).issubset(group)
        assert (number in members) == bool(set(part).intersection(group))


def test_values_that_are_in_the_same_regions_are_one_part():
    assert read_classes([[1, 2, 5], [2]]).parts == ((1, 5), (2,))


@pytest.mark.parametrize(
    "classes",
    [
        *([], [[]], [[1], []], [[0]], [[-1]], [[1], [1]], [[1, 1]], [[0, 1]]),
        *(["liver"], "liver", ["12"], [["liver"]], [1, 2], 3),
    ],
)
def test_what_groups_nothing_is_refused(classes):
    with pytest.raises(UserError, match=r"classes: .*such as"):
        read_classes(classes)


@pytest.mark.parametrize("classes", [[[1, 2], [2, 3]], [[1, 2], [1], [2]], [[1, 2], [2, 1]]])
def test_classes_that_share_values_without_one_holding_the_other_are_refused(classes):
    with pytest.raises(UserError, match=r"classes: .*within each other"):
        read_classes(classes)


def test_numbers_of_a_config_become_whole():
    assert read_classes([[1.0, 2], [3]]).groups == ((1, 2), (3,))


@pytest.mark.parametrize(
    ("classes", "values"),
    [
        ([[2, 4], [1]], (2, 1)),
        ([[3, 1]], (3,)),
        (BRATS, (1, 2, 3)),
        ([[1, 2, 4], [1, 4], [4]], (2, 1, 4)),
        ([[4], [4, 1, 2], [1, 4]], (4, 2, 1)),
        ([[1, 2, 5], [2]], (1, 2)),
    ],
)
def test_a_region_is_written_as_the_value_that_no_smaller_one_holds(classes, values):
    assert read_classes(classes).values == values
