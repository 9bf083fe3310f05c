"""What counts as an outline."""

import numpy as np

from medssl.sources.lidc.contours import Contour, outlined


def contour(z_mm, points):
    return Contour(z_mm, True, np.zeros((points, 2), np.int64))


def test_single_points_go_and_what_outlines_nothing_goes_with_them():
    line, other, point = contour(0.0, 2), contour(2.0, 9), contour(1.0, 1)
    drawn = [(point,), (line, point, other), (), (other,)]
    assert outlined(drawn) == ((line, other), (other,))
