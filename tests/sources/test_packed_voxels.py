"""A flipped bit or a missing end of compressed MetaImage and NRRD voxels is noticed."""

import itk
import numpy as np
import pytest

from medssl.sources.readers import BrokenScanError, read_source, source_of

from ..scans import small_ct


@pytest.mark.parametrize("suffix", [".mha", ".mhd", ".nrrd", ".nhdr"])
def test_every_flipped_bit_is_refused_or_harmless(tmp_path, suffix):
    array = small_ct((16, 16, 12))
    image = itk.image_from_array(np.ascontiguousarray(array.transpose(2, 1, 0)))
    path = tmp_path / f"a{suffix}"
    itk.imwrite(image, str(path), compression=True)
    source = source_of(path)
    np.testing.assert_array_equal(read_source(source).array, array)
    voxels = source.files[-1]
    content, rng = voxels.read_bytes(), np.random.default_rng(0)
    assert len(content) < array.nbytes + 600
    refused = 0
    for place in rng.integers(len(content) - 4000, len(content), 12):
        damaged = bytearray(content)
        damaged[place] ^= 1 << rng.integers(8)
        voxels.write_bytes(damaged)
        try:
            np.testing.assert_array_equal(read_source(source).array, array)
        except BrokenScanError:
            refused += 1
    assert refused >= 10
    voxels.write_bytes(content[:-4])
    with pytest.raises(BrokenScanError, match="cannot be read"):
        read_source(source)
