"""Crops cut out of a loaded scan are those that training cuts out of the stored one."""

import numpy as np
import pytest
import torch
from monai.data import MetaTensor

from medssl.crops import CandidateCropDataset, CutCandidatesd
from medssl.errors import UserError
from medssl.store import write_volume

from ..scans import oblique_affine, small_ct

SHAPE = (24, 20, 16)
VOXELS = np.array([(12, 10, 8), (0, 0, 0), (23.2, 18.6, 15), (5.5, 3, 7)])


@pytest.fixture
def world():
    """LPS mm of the candidates."""
    affine = oblique_affine()
    return (VOXELS @ affine[:3, :3].T + affine[:3, 3]) * (-1, -1, 1)


@pytest.fixture
def table(world, tmp_path):
    rows = [",".join(map(str, ("scan", *place, 0))) for place in world.tolist()]
    path = tmp_path / "candidates.csv"
    path.write_text("\n".join(["seriesuid,coordX,coordY,coordZ,class", *rows]))
    return path


def loaded(hu=None):
    values = small_ct(SHAPE) if hu is None else hu
    image = torch.from_numpy(values.astype(np.float32))[None]
    meta = {"name": "scan", "called": "scan"}
    return MetaTensor(image, affine=torch.from_numpy(oblique_affine()), meta=meta)


@pytest.mark.parametrize(
    ("size", "isotropic_mm"), [((8, 6, 4), None), ((30,) * 3, None), ((8,) * 3, 1.1)]
)
def test_they_are_cut_as_in_training(size, isotropic_mm, table, world, tmp_path):
    write_volume(tmp_path / "scan.b2nd", small_ct(SHAPE), oblique_affine())
    items = [{"image": str(tmp_path / "scan.b2nd"), "id": "scan"}]
    training = CandidateCropDataset(items, table, size, isotropic_mm)
    found = CutCandidatesd("image", size, table, isotropic_mm)({"image": loaded()})
    assert found["image"].shape == (4, *size)
    for index, crop in enumerate(found["image"]):
        assert torch.equal(crop.as_tensor(), training[index]["image"][0].float())
    assert found["case"] == "scan"
    np.testing.assert_allclose(found["world_mm"], world)


def test_what_no_stored_scan_holds_is_rounded_and_cut_off():
    values = np.linspace(-40_000, 40_000, np.prod(SHAPE)).reshape(SHAPE) + 0.3
    cut = CutCandidatesd("image", SHAPE)({"image": loaded(values), "candidates": centre()})
    expected = np.clip(np.rint(values.astype(np.float32)), -32768, 32767)
    np.testing.assert_array_equal(cut["image"][0].numpy(), expected)


def centre():
    affine = oblique_affine()
    return [((affine @ [12, 10, 8, 1])[:3] * (-1, -1, 1)).tolist()]


def test_candidates_of_the_request_need_no_table_and_others_do():
    data = {"image": loaded(), "candidates": centre(), "kept": 1}
    found = CutCandidatesd("image", (4, 4, 4))(data)
    np.testing.assert_array_equal(found["image"][0], small_ct(SHAPE)[10:14, 8:12, 6:10])
    assert found["kept"] == 1
    assert data["image"].shape == (1, *SHAPE)
    with pytest.raises(UserError, match="candidates: none of scan"):
        CutCandidatesd("image", (4, 4, 4))({"image": loaded()})
    with pytest.raises(UserError, match=r"isotropic_mm: 0, expected mm from 0\.05 to 20"):
        CutCandidatesd("image", (4, 4, 4), isotropic_mm=0)
