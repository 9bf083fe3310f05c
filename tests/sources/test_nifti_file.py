"""NIfTI headers that do not say where voxels lie, and streams that are damaged."""

import struct

import numpy as np
import pytest

from medssl.sources import nifti_file
from medssl.sources.nifti_file import read_nifti
from medssl.sources.readers import BrokenScanError, read_source, source_of
from tests.helpers import flip_bit

from ..scans import oblique_affine, save_nifti, small_ct

QFORM, SFORM, PIXDIM = 252, 254, 80


def test_every_flipped_bit_of_a_gzip_stream_is_refused_or_harmless(tmp_path):
    path = save_nifti(tmp_path / "a.nii.gz", small_ct((24, 20, 16)), oblique_affine())
    whole, source = read_source(source_of(path)), source_of(path)
    content, refused = path.read_bytes(), 0
    for place in range(0, len(content) * 8, len(content) * 8 // 150):
        path.write_bytes(flip_bit(content, place))
        try:
            scan = read_source(source)
        except BrokenScanError:
            refused += 1
            continue
        np.testing.assert_array_equal(scan.array, whole.array)
        np.testing.assert_array_equal(scan.affine, whole.affine)
    assert refused > 140


@pytest.mark.parametrize("cut", [1, 4, 8, 9, 100, 2000])
def test_a_gzip_stream_without_its_end_is_refused(tmp_path, cut):
    path = save_nifti(tmp_path / "a.nii.gz", small_ct())
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(BrokenScanError, match="cannot be read"):
        read_source(source_of(path))


@pytest.mark.parametrize(
    ("qform", "sform", "words"),
    [
        (0, 0, "neither qform nor sform"),
        (0, 6, "sform_code 6, which NIfTI does not define"),
        (-1, 2, "qform_code -1, which"),
        (1, 258, "sform_code 258, which"),
    ],
)
def test_forms_that_say_nothing_are_refused(tmp_path, qform, sform, words):
    path = save_nifti(tmp_path / "a.nii", small_ct(), oblique_affine())
    content = bytearray(path.read_bytes())
    content[QFORM : SFORM + 2] = struct.pack("<2h", qform, sform)
    path.write_bytes(content)
    with pytest.raises(BrokenScanError, match=words):
        read_source(source_of(path))


@pytest.mark.parametrize("code", [1, 2, 3, 4, 5])
def test_sform_is_taken_whatever_pixdim_and_qform_say(tmp_path, code):
    path = save_nifti(tmp_path / "a.nii", small_ct(), oblique_affine())
    content = bytearray(path.read_bytes())
    content[QFORM : SFORM + 2] = struct.pack("<2h", 1, code)
    content[PIXDIM : PIXDIM + 12] = struct.pack("<3f", 1, 1, 1)
    path.write_bytes(content)
    np.testing.assert_allclose(read_source(source_of(path)).affine, oblique_affine(), atol=1e-5)


def test_a_file_of_several_volumes_is_unpacked_once(tmp_path, monkeypatch):
    """And anew where it has changed; nothing is kept once its last volume is read."""
    read, calls = nifti_file._read_voxels, []

    def counted(image):
        calls.append(image)
        return read(image)

    monkeypatch.setattr(nifti_file, "_read_voxels", counted)
    stack = np.stack([small_ct(seed=seed) for seed in range(4)], -1)
    path = save_nifti(tmp_path / "a.nii.gz", stack)
    for channel in range(4):
        assert np.array_equal(read_nifti(path, channel).array, stack[..., channel])
    assert len(calls) == 1
    assert nifti_file._volumes.cache_info().currsize == 0
    read_nifti(path, 0)
    save_nifti(path, 2 * stack)
    assert np.array_equal(read_nifti(path, 1).array, 2 * stack[..., 1])
    assert len(calls) == 3
    nifti_file._volumes.cache_clear()
