"""Crops of whole scans and around regions, in training and out of a loaded scan."""

import numpy as np
import pytest
import torch
from monai.data import MetaTensor

from medssl.crops import CutRegionsd, RegionCropDataset
from medssl.crops.object_crops import read_padded
from medssl.crops.region_crops import middle_of
from medssl.errors import UserError
from medssl.store import StoredVolume, write_volume
from medssl.store.labelled_cases import ROWS

from ..scans import oblique_affine, small_ct

SHAPE = (24, 20, 15)
VOXELS = np.array([(12, 10, 8), (0, 0, 0), (23.2, 18.6, 14)])


def lps(voxels):
    affine = oblique_affine()
    return ((voxels @ affine[:3, :3].T + affine[:3, 3]) * (-1, -1, 1)).tolist()


def rows(*pairs):
    return [
        {"label": label, "world_mm": place and tuple(place), "line": line}
        for line, (label, place) in enumerate(pairs, start=2)
    ]


@pytest.fixture
def items(tmp_path):
    """A scan of two channels that is judged whole, and one with three regions."""
    found = []
    for number, name in enumerate(("whole", "parts")):
        channels = []
        for channel in range(2):
            path = tmp_path / f"{name}{channel}.b2nd"
            write_volume(path, small_ct(SHAPE, 2 * number + channel), oblique_affine())
            channels.append({"image": str(path), "id": f"{name}_{channel}"})
        facts = {"id": name, "patient": f"p {name}", "shape": list(SHAPE), "channels": channels}
        found.append({**channels[0], **facts})
    found[0][ROWS] = rows(("b", None))
    found[1][ROWS] = rows(*zip("aab", lps(VOXELS), strict=True))
    return found


def test_whole_scans_give_their_middle_and_regions_what_lies_around_them(items):
    data = RegionCropDataset(items, ["a", "b"], (8, 6, 4), seed=5)
    assert data.counts == [2, 2]
    assert RegionCropDataset(items, ["a", "b"])[0]["image"].shape == (2, 64, 64, 64)
    assert [int(data[n]["label"]) for n in range(4)] == [1, 0, 0, 1]
    assert [data[n]["row"] for n in range(4)] == [2, 2, 3, 4]
    assert [(data[n]["case"], data[n]["patient"]) for n in (0, 1)] == [
        ("whole", "p whole"),
        ("parts", "p parts"),
    ]
    assert data[0]["world_mm"].isnan().all()
    assert data[2]["world_mm"].tolist() == pytest.approx(lps(VOXELS)[1])
    starts = [(8, 7, 5), (8, 7, 6), (0, 0, 0), (16, 14, 11)]
    for index, start in enumerate(starts):
        for channel, part in enumerate(items[min(index, 1)]["channels"]):
            box = StoredVolume(part["image"]).read(start, (8, 6, 4))
            assert np.array_equal(data[index]["image"][channel], box)
    assert data[(1, 0)]["seed"] != data[0]["seed"]


def test_smaller_scans_lie_in_the_middle_of_air(items):
    data = RegionCropDataset(items[:1], ["a", "b"], (30, 30, 4))
    volume = StoredVolume(items[0]["image"])
    expected = read_padded(volume, np.array([-3, -5, 5]), (30, 30, 4), -1000)
    assert np.array_equal(data[0]["image"][0], expected)


def test_regions_outside_and_tables_of_others_are_refused(items):
    items[1][ROWS] = rows(("a", (500, 0, 0)))
    with pytest.raises(UserError, match=r"parts0\.b2nd: regions of parts: line 2, .* is outside"):
        RegionCropDataset(items, ["a", "b"])
    with pytest.raises(UserError, match="data: no row of a class"):
        RegionCropDataset([], ["a", "b"])
    with pytest.raises(UserError, match=r"crop_size: .*three voxel counts"):
        RegionCropDataset(items[:1], ["a", "b"], (8, 8))


def loaded(item):
    values = np.stack([StoredVolume(part["image"]).read_all() for part in item["channels"]])
    meta = {"name": "there", "called": item["id"]}
    affine = torch.from_numpy(oblique_affine())
    return MetaTensor(torch.from_numpy(values.astype(np.float32)), affine=affine, meta=meta)


@pytest.mark.parametrize("size", [(8, 6, 4), (30, 30, 4)])
def test_a_loaded_scan_is_cut_as_in_training(items, size):
    data = RegionCropDataset(items, ["a", "b"], size)
    found = CutRegionsd("image", size)({"image": loaded(items[0])})
    assert found["case"] == "there"
    assert found["world_mm"].isnan().all()
    assert torch.equal(found["image"].as_tensor(), data[0]["image"].float())


def test_regions_of_a_table_come_one_after_the_other(items, tmp_path):
    lines = [",".join(map(str, ("parts", *place))) for place in lps(VOXELS)]
    (tmp_path / "r.csv").write_text("\n".join(["case,x,y,z", *lines]))
    cut = CutRegionsd("image", (8, 6, 4), tmp_path / "r.csv")
    found = cut({"image": loaded(items[1])})
    data = RegionCropDataset(items[1:], ["a", "b"], (8, 6, 4))
    expected = torch.cat([data[n]["image"] for n in range(3)]).float()
    assert found["case"] == "parts"
    assert torch.equal(found["image"].as_tensor(), expected)
    np.testing.assert_allclose(found["world_mm"], lps(VOXELS))
    with pytest.raises(UserError, match=r"regions: none of there in .*its column case must hold"):
        cut({"image": loaded(items[0])})


def test_the_middle_is_where_equal_rims_are_left():
    assert middle_of((10, 11, 7)).tolist() == [5, 5, 3]


def test_no_scan_is_opened_before_its_crop_is_cut(items):
    voxels = RegionCropDataset(items, ["a", "b"], (6, 6, 6))._voxels
    listed = [{**item, "affine": oblique_affine().tolist(), "image": "gone"} for item in items]
    for one, other in zip(voxels, RegionCropDataset(listed, ["a", "b"], (6, 6, 6))._voxels):
        np.testing.assert_array_equal(one, other)
    listed[1][ROWS] = rows(("a", lps(VOXELS[0] + 99)))
    with pytest.raises(UserError, match="regions of parts"):
        RegionCropDataset(listed, ["a", "b"], (6, 6, 6))
