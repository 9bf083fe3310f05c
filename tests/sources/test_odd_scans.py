"""Odd scans of every kind are read at their true place and size, or refused by their own words."""

import numpy as np
import pytest
from odd_cases import READ, REFUSED
from odd_dicom import errors_of

from medssl.sources.readers import BrokenScanError, find_sources, read_ct
from medssl.sources.resampling import prepare_image

AT_1_MM = ("plain", "tilt_20", "oblique", "jitter_0.2mm", "nifti_sheared")


@pytest.mark.parametrize(
    ("case", "spacing"),
    [(case, None) for case in READ] + [(case, (1.0, 1.0, 1.0)) for case in AT_1_MM],
)
def test_the_ball_is_found_where_it_is(tmp_path, case, spacing):
    READ[case](tmp_path)
    sources = find_sources(tmp_path)
    assert len(sources) == (2 if case == "two_series" else 1)
    for source in sources:
        volume, _ = prepare_image(read_ct(source), spacing)
        off, share = errors_of(volume.array, volume.affine)
        assert off < 1
        assert abs(share) < 0.03
        axes = volume.affine[:3, :3] / np.linalg.norm(volume.affine[:3, :3], axis=0)
        np.testing.assert_allclose(axes.T @ axes, np.eye(3), atol=1e-3)


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_read_right_is_refused_by_its_own_words(tmp_path, case):
    write, words = REFUSED[case]
    write(tmp_path)
    (source,) = find_sources(tmp_path)
    with pytest.raises(BrokenScanError, match=words) as caught:
        read_ct(source)
    assert "\n" not in str(caught.value)
