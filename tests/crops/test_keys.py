"""Keys of samples and sizes of crops, as every data set takes them."""

from inspect import signature

import numpy as np
import pytest
import torch
from monai.data import MetaTensor
from torch.utils.data import Dataset

from medssl import crops
from medssl.crops.keys import check_crop_size, padded_crop_size, split_key
from medssl.errors import UserError
from medssl.store import write_volume
from medssl.store.labelled_cases import ROWS

from ..scans import small_ct


@pytest.mark.parametrize(
    ("key", "expected"),
    [(0, (0, 0)), (4, (0, 4)), (-1, (0, 4)), ((3, 2), (3, 2)), ((3, -5), (3, 0))],
)
def test_a_plain_index_is_of_the_first_epoch(key, expected):
    assert split_key(key, 5) == expected


@pytest.mark.parametrize("key", [5, -6, (1, 5)])
def test_iteration_over_a_data_set_ends(key):
    with pytest.raises(IndexError, match="data set of 5"):
        split_key(key, 5)


def test_sizes_become_plain_whole_numbers():
    size = check_crop_size(np.array([8.0, 4.0, 1.0]))
    assert size == (8, 4, 1)
    assert {type(side) for side in size} == {int}


@pytest.mark.parametrize("size", [(8, 8), (8, 8, 8, 8), (8, 8, 0), (8, 8, -1), (8, 8, 1.5)])
def test_other_sizes_are_refused_by_the_key_that_gave_them(size):
    with pytest.raises(UserError, match=r"window_size: .*three voxel counts"):
        check_crop_size(size, "window_size")


def test_crops_that_were_nearly_all_padding_are_refused():
    """They would fill the machine's memory with air."""
    scans = [{"shape": [100, 100, 100]}, {"shape": [120, 200, 100]}, {}]
    assert padded_crop_size([480, 800, 400], scans) == (480, 800, 400)
    assert padded_crop_size([256, 256, 512], [{"shape": [4, 4, 4]}]) == (256, 256, 512)
    assert padded_crop_size([1000] * 3, [{}]) == (1000, 1000, 1000)
    with pytest.raises(UserError, match=r"crop_size: \[480, 801, 400\] .*\(\[120, 200, 100\]\)"):
        padded_crop_size([480, 801, 400], scans)


SHAPE = (12, 10, 8)
LARGER, FAR_LARGER = (16, 12, 10), (1008,) * 3
DATA_SETS = [
    each
    for each in vars(crops).values()
    if isinstance(each, type)
    and issubclass(each, Dataset)
    and "crop_size" in signature(each).parameters
]


@pytest.fixture
def given(tmp_path):
    """What any data set may ask for, by argument: one scan that is something to each."""
    affine, label = np.eye(4), np.zeros(SHAPE, np.uint8)
    label[4:6, 4:6, 4:6] = 1
    item = {"id": "scan", "patient": "p", "shape": list(SHAPE), "affine": affine.tolist()}
    item |= {"label_values": [1], "objects": [{"center": [5, 5, 5], "bbox": [[4] * 3, [6] * 3]}]}
    item |= {ROWS: [{"label": "a", "world_mm": None, "line": 2}]}
    for name, array in (("image", small_ct(SHAPE)), ("label", label)):
        item[name] = str(tmp_path / f"{name}.b2nd")
        write_volume(item[name], array, affine)
    table = tmp_path / "candidates.csv"
    table.write_text("seriesuid,coordX,coordY,coordZ,class\nscan,-5,-5,5,1\n")
    return {"data": [item], "candidates": table, "classes": ["a", "b"]}


@pytest.mark.parametrize("data_set", DATA_SETS, ids=lambda each: each.__name__)
def test_every_data_set_that_pads_refuses_crops_that_were_nearly_all_padding(data_set, given):
    needed = {name for name, p in signature(data_set).parameters.items() if p.default is p.empty}
    given = {name: given[name] for name in needed & given.keys()}
    expected = r"crop_size: .* has over 64 times the voxels of the largest scan"
    try:
        assert data_set(**given, crop_size=LARGER)[0]["image"].shape[1:] == LARGER
    except UserError:  # it does not pad
        expected = r"crop_size: .* is larger than"
    with pytest.raises(UserError, match=expected):
        data_set(**given, crop_size=FAR_LARGER)[0]


@pytest.mark.parametrize("cut", [crops.CutCandidatesd, crops.CutRegionsd])
def test_so_does_every_inference(cut):
    scan = MetaTensor(torch.from_numpy(small_ct(SHAPE)[None].astype(np.float32)))
    data = {"image": scan, "candidates": [(-5.0, -5.0, 5.0)]}
    assert cut("image", LARGER)(data)["image"].shape[1:] == LARGER
    with pytest.raises(UserError, match=r"crop_size: .* has over 64 times the voxels"):
        cut("image", FAR_LARGER)(data)
