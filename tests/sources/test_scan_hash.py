"""A scan is known by what a slow oracle makes of its voxels, whatever their type and order."""

import numpy as np
import pytest
import torch

from medssl.sources.intensity import Scale
from medssl.sources.ras import to_ras
from medssl.sources.scan import Scan
from medssl.sources.scan_hash import scan_sha256
from medssl.store.voxels import voxels_sha256

from ..scans import oblique_affine, small_ct

TURNED = np.array([[0, 0, -2.5, 9], [0.7, 0, 0, -3], [0, -0.8, 0, 4], [0, 0, 0, 1.0]])


def oracle(scan):
    """All of it in floats, turned by MONAI and rounded."""
    voxels = to_ras(torch.from_numpy(scan.array.astype(np.float32, order="C")), scan.affine)
    return voxels_sha256(np.clip(np.rint(voxels[0].numpy()), -32768, 32767).astype(np.int16))


@pytest.mark.parametrize("affine", [np.eye(4), oblique_affine(), TURNED])
@pytest.mark.parametrize("kind", [np.int16, np.int32, np.float32, np.float64])
@pytest.mark.parametrize("order", ["C", "F"])
def test_it_is_that_of_whole_values_in_ras_order(affine, kind, order):
    voxels = small_ct().astype(kind, order=order)
    if kind in (np.float32, np.float64):
        voxels += 0.3
    scan = Scan(voxels, affine)
    assert scan_sha256(scan) == oracle(scan)


@pytest.mark.filterwarnings("error")
def test_values_beyond_single_precision_are_told_apart():
    """Of another modality, scaled; all of them infinite, one scan would be as another."""
    huge, scale = small_ct().astype(np.float64) * 1e100, Scale(1e-100, 0.0, 0.0, 0)
    hashes = {scan_sha256(Scan(each, np.eye(4), scale=scale)) for each in (huge, huge[::-1])}
    assert len(hashes) == 2


def test_fractions_of_other_than_ct_are_not_rounded():
    whole, scale = small_ct(), Scale(1.0, 0.0, 0.0, 0)
    parts = [whole + np.float32(part) for part in (0.2, 0.3)]
    assert len({scan_sha256(Scan(each, np.eye(4))) for each in (whole, *parts)}) == 1
    scaled = [scan_sha256(Scan(each, np.eye(4), scale=scale)) for each in (whole, *parts)]
    assert len(set(scaled)) == 3
    assert scaled[0] == scan_sha256(Scan(whole, np.eye(4)))
