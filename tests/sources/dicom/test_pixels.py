"""One flipped bit in the pixel bodies of DICOM: refused where the codec can tell, and no crash.

The page of reliability says where nothing can be known; these are its figures.
"""

import numpy as np
import pytest
from pydicom.uid import JPEGLSLossless

from medssl.sources.readers import BrokenScanError, find_sources, read_image
from tests.helpers import flip_bit

from .codecs import JPEG_LS, SIZE, body, decoded, picture, write

SLICES = 5
# Of all flips, what share each codec refuses; in streams so short, many hit a header.
TOLD = {
    "plain": (0, 0),
    "rle": (0, 0.5),
    "jpeg": (0, 0.6),
    "jpeg2000": (0, 0.5),
    "jpegls": (0.6, 1),
}


@pytest.mark.parametrize("codec", TOLD)
def test_a_flip_is_refused_where_the_codec_can_tell(codec, tmp_path):
    """Whatever bit it is, the slice keeps its shape or is refused by its name."""
    syntax, content = body(codec, tmp_path)
    path = tmp_path / "slice.dcm"
    write(path, 0, syntax, content)
    expected = picture().T[..., None] - 2024.0
    np.testing.assert_array_equal(decoded(path)[0], expected)
    bits = range(0, 8 * len(content), max(1, 8 * len(content) // 97))
    refused = 0
    for bit in bits:
        write(path, 0, syntax, flip_bit(content, bit))
        values, reason = decoded(path)
        assert values is None or values.shape == (SIZE, SIZE, 1)
        assert values is not None or "slice.dcm" in reason
        refused += values is None
        if codec == "plain":
            assert (values != expected).sum() == 1
    low, high = TOLD[codec]
    assert low <= refused / len(bits) <= high


def test_the_scan_of_a_spoilt_slice_is_refused_by_that_slice(tmp_path):
    for number in range(SLICES):
        write(tmp_path / f"{number:03d}.dcm", number, JPEGLSLossless, JPEG_LS)
    (source,) = find_sources(tmp_path)
    assert read_image(source).array.shape == (SIZE, SIZE, SLICES)
    refused = 0
    for bit in range(8 * 60, 8 * 160, 8 * 5):
        write(tmp_path / "003.dcm", 3, JPEGLSLossless, flip_bit(JPEG_LS, bit))
        try:
            read_image(source)
        except BrokenScanError as error:
            refused += str(error) == "cannot be read: GDCM finds no pixels in 003.dcm"
    assert refused > 10
