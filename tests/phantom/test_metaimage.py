"""MetaImage: every voxel lies where ITK reads it, in both orders."""

from __future__ import annotations

from pathlib import Path

import itk
import numpy as np
import pytest

from medssl.phantom.metaimage import stored_order, write_metaimage

VOLUME = np.arange(4 * 3 * 5, dtype=np.int16).reshape(4, 3, 5) - 20
AFFINE = np.array([[0.7, 0, 0, -11.5], [0, 0.8, 0, 4.25], [0, 0, 2.5, 90], [0, 0, 0, 1]])


@pytest.mark.parametrize("flipped", [False, True])
def test_the_stored_order_moves_no_voxel(flipped: bool) -> None:
    stored, affine = stored_order(VOLUME, AFFINE, flipped)
    assert (np.diag(affine)[:2] < 0).all() == (not flipped)
    for index in np.ndindex(stored.shape):
        place = affine @ [*index, 1.0]
        original = np.round(np.linalg.inv(AFFINE) @ place)[:3].astype(int)
        assert stored[index] == VOLUME[tuple(original)]


@pytest.mark.parametrize("flipped", [False, True])
def test_itk_reads_values_and_places(tmp_path: Path, flipped: bool) -> None:
    stored, affine = stored_order(VOLUME, AFFINE, flipped)
    write_metaimage(tmp_path / "a.mhd", stored, affine)
    image = itk.imread(str(tmp_path / "a.mhd"))
    assert tuple(image.GetSpacing()) == (0.7, 0.8, 2.5)
    for index in ((0, 0, 0), (3, 1, 4), (1, 2, 0)):
        x, y, z = AFFINE[:3] @ [*index, 1.0]
        found = image.TransformPhysicalPointToIndex((-x, -y, z))  # ITK counts in LPS
        assert image.GetPixel(found) == VOLUME[index]
    text = (tmp_path / "a.mhd").read_text(encoding="ascii")
    assert ("AnatomicalOrientation = RAI" in text) == (not flipped)
