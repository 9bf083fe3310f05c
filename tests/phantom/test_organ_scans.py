"""Scans of organs: channels on one grid, classes by organ, everything from the seed."""

from __future__ import annotations

import numpy as np
import pytest

from medssl.phantom import make_abdomen_phantom
from medssl.phantom.organ_scans import ORGAN_SETS, _draw_grid, make_organ_scan

from .test_resonance import undo

SPACING = (7.0, 7.0, 7.0)


@pytest.mark.parametrize("kind", ORGAN_SETS)
def test_the_seed_draws_the_scan(kind: str) -> None:
    one, again, other = (make_organ_scan(ORGAN_SETS[kind], seed, SPACING) for seed in (3, 3, 4))
    assert [c.tobytes() for c in one.channels] == [c.tobytes() for c in again.channels]
    assert one.label.tobytes() == again.label.tobytes()
    assert one.channels[0].tobytes() != other.channels[0].tobytes()


@pytest.mark.parametrize("kind", ORGAN_SETS)
def test_channels_and_classes_are_those_of_the_set(kind: str) -> None:
    scan, organs = make_organ_scan(ORGAN_SETS[kind], 0, SPACING), ORGAN_SETS[kind]
    assert len(scan.channels) == len(organs.channels)
    assert {channel.dtype for channel in scan.channels} == {np.dtype(np.int16)}
    assert {channel.shape for channel in scan.channels} == {scan.label.shape}
    assert set(np.unique(scan.label)) == set(range(len(organs.classes) + 1))


def test_ct_is_the_abdomen_phantom_with_both_kidneys_as_one() -> None:
    scan = make_organ_scan(ORGAN_SETS["organs_ct"], 1, SPACING, (350.0, 260.0, 250.0))
    abdomen = make_abdomen_phantom(1, SPACING, (350.0, 260.0, 250.0))
    np.testing.assert_array_equal(scan.channels[0], abdomen.volume)
    np.testing.assert_array_equal(scan.affine, abdomen.affine)
    np.testing.assert_array_equal(scan.label, np.minimum(abdomen.organs, 3))
    assert scan.gains == ()


def test_mr_tells_right_from_left() -> None:
    scan = make_organ_scan(ORGAN_SETS["organs_mr"], 1, SPACING)
    places = [scan.affine[0] @ [*np.argwhere(scan.label == value).mean(0), 1.0] for value in (1, 2)]
    assert places[0] > places[1] + 80  # RAS mm: right_kidney comes first


def test_four_sequences_are_one_image_by_known_functions_and_gains() -> None:
    for seed in range(3):
        scan = make_organ_scan(ORGAN_SETS["organs_mr4"], seed, SPACING)
        assert len(set(scan.gains)) == 4
        found = {}
        for name, values, gain in zip(
            ORGAN_SETS["organs_mr4"].channels, scan.channels, scan.gains, strict=True
        ):
            found[name] = undo(name, values / gain)
        bright = found["T1"] > 0.12
        for name, image in found.items():
            rounding = 0.05 if name == "T1ce" else 0.01  # a root's slope is steep near 0
            assert np.abs(image - found["T1"])[bright].max() < rounding


def test_grids_are_drawn_where_none_is_given() -> None:
    grids = [_draw_grid(np.random.default_rng(seed)) for seed in range(40)]
    assert {voxel[2] for voxel, _ in grids} == {4.0, 5.0}
    assert all(3.0 <= voxel[0] == voxel[1] <= 3.6 for voxel, _ in grids)
    scan = make_organ_scan(ORGAN_SETS["organs_ct"], 0)
    assert not scan.label[[0, -1]].any()  # no organ is cut in plane
    assert not scan.label[:, [0, -1]].any()
