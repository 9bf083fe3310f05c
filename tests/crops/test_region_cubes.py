"""Regions that come with a request, as in a server, need no table."""

import numpy as np

from medssl.crops import CutRegionsd

from .test_candidate_cubes import loaded
from .test_region_crops import lps


def test_places_of_a_request_go_before_the_whole_scan():
    places = lps(np.array([(12, 10, 8), (4, 4, 4)]))
    cut = CutRegionsd("image", (4, 4, 4))
    found = cut({"image": loaded(), "regions": places})
    assert found["image"].shape == (2, 4, 4, 4)
    np.testing.assert_allclose(found["world_mm"], places)
    whole = cut({"image": loaded(), "regions": None})
    assert whole["image"].shape == (1, 4, 4, 4)
    np.testing.assert_array_equal(whole["world_mm"], np.full((1, 3), np.nan))
