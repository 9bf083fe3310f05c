"""What counts as an outline."""

import numpy as np

from medssl.sources.lidc.contours import Contour, Reading, outlined, readings_sha256


def contour(z_mm, points):
    return Contour(z_mm, True, np.zeros((points, 2), np.int64))


def test_single_points_go_and_what_outlines_nothing_goes_with_them():
    line, other, point = contour(0.0, 2), contour(2.0, 9), contour(1.0, 1)
    drawn = [(point,), (line, point, other), (), (other,)]
    assert outlined(drawn) == ((line, other), (other,))


def test_annotations_are_told_by_all_that_is_in_them():
    def read(uid="1", patient="p", z_mm=0.0, inclusion=True, points=((1, 2), (3, 4))):
        return {uid: Reading(uid, ((Contour(z_mm, inclusion, np.array(points)),),), patient)}

    others = [
        {"uid": "2"},
        {"patient": None},
        {"z_mm": 0.5},
        {"inclusion": False},
        {"points": ((1, 2), (3, 5))},
        {"points": ((1, 2, 3, 4),)},
    ]
    found = {readings_sha256(each) for each in [read(), *(read(**other) for other in others)]}
    assert len(found) == 1 + len(others)
    one, two = read(), read("2")
    assert readings_sha256(one | two) == readings_sha256(two | one)
    (first,) = read()["1"].annotations
    split = {"1": Reading("1", (first, first), "p")}
    joined = {"1": Reading("1", (first + first,), "p")}
    assert readings_sha256(split) != readings_sha256(joined)
