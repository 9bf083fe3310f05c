"""A loaded scan is read as the stored one is: whole HU, one channel."""

import numpy as np
import torch
from monai.data import MetaTensor

from medssl.crops.loaded_scan import LoadedScan

from ..scans import oblique_affine


def test_boxes_are_whole_hu_of_one_channel():
    values = np.random.default_rng(0).uniform(-40_000, 40_000, (2, 5, 6, 7)).astype(np.float32)
    image = MetaTensor(torch.from_numpy(values), affine=torch.from_numpy(oblique_affine()))
    scan = LoadedScan(image, 1)
    assert scan.shape == (5, 6, 7)
    np.testing.assert_allclose(scan.spacing_mm, (0.8, 1.3, 2.1))
    box = scan.read((1, 2, 3), (2, 2, 4))
    assert box.dtype == np.int16
    assert np.array_equal(box, values[1, 1:3, 2:4, 3:7].round().clip(-32768, 32767))
    first = LoadedScan(image).read((0, 0, 0), (5, 6, 7))
    assert np.array_equal(first, values[0].round().clip(-32768, 32767))
