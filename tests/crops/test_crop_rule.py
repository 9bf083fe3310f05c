"""Crops show what there is to learn from, in chests and elsewhere."""

import os
from pathlib import Path

import numpy as np
import pytest

from medssl.crops import CropDataset
from medssl.crops.crop_rule import RULES, CropRule, acceptance
from medssl.errors import UserError
from medssl.phantom import make_abdomen_phantom, make_chest_phantom
from medssl.sources import prepare_images
from medssl.store import load_datalist, open_volume, write_volume
from medssl.store.occupancy import Occupancy, pack_occupancy, tissue_and_matter

SIZE = (16, 16, 16)
REAL = Path(os.environ.get("MEDSSL_REAL_DATA", ""))


def body(lung: bool, shape=(48, 48, 40)) -> np.ndarray:
    """A cylinder of tissue in air, with lungs in it or not; int16 HU."""
    rng = np.random.default_rng(0)
    array = rng.normal(-1000, 10, shape)
    x, y, _ = np.indices(shape)
    radius = np.hypot(x - shape[0] / 2, y - shape[1] / 2)
    array[radius < 22] = 40
    if lung:
        array[radius < 18] = -850
    return array.astype(np.int16)


def occupancy(array: np.ndarray) -> tuple[Occupancy, tuple[int, int, int]]:
    return Occupancy(pack_occupancy(array), array.shape), array.shape


@pytest.mark.parametrize("rule", ["lung", "body"])
def test_acceptance_is_near_that_of_positions_read(rule):
    array, size = make_chest_phantom(0, (2.0, 2.0, 2.0)).volume, (32, 32, 16)
    rng = np.random.default_rng(0)
    starts = rng.integers(0, np.subtract(array.shape, size) + 1, (500, 3))
    read = [array[x : x + 32, y : y + 32, z : z + 17] for x, y, z in starts]
    exact = np.mean([RULES[rule].passes(*tissue_and_matter(each, 16)) for each in read])
    assert acceptance(RULES[rule], *occupancy(array), size) == pytest.approx(exact, abs=0.04)


def test_a_miss_is_the_distance_beyond_each_limit_and_what_is_within_one_makes_up_for_none():
    rule = CropRule("own", tissue_limit=0.2, matter_limit=0.5)
    tissue, matter = np.array([0.1, 0.3, 0.3, 0.1]), np.array([0.9, 0.9, 0.4, 0.5])
    spread = 0.05  # bounds lie as far below as above what is probable
    found = rule.miss((tissue - spread, tissue + spread), (matter - spread, matter + spread))
    assert found == pytest.approx([0, 0.1, 0.2, 0])


def soft_share(items, **options) -> float:
    """Mean share of soft tissue (-150 to 300 HU) in 40 crops of each scan."""
    crops = CropDataset(items, crops_per_scan=40, **options)
    images = [crops[index]["image"].numpy() for index in range(len(crops))]
    return float(np.mean([((hu > -150) & (hu < 300)).mean() for hu in images]))


def stored(tmp_path, array, name) -> list[dict]:
    path = tmp_path / f"{name}.b2nd"
    write_volume(path, array, np.eye(4), {"occupancy": pack_occupancy(array)})
    return [{"image": str(path), "id": name}]


def test_scans_without_lung_show_body_in_a_set_with_lungs(tmp_path):
    items = stored(tmp_path, body(True), "chest") + stored(tmp_path, body(False), "belly")
    crops = CropDataset(items, SIZE, 30)
    assert crops.rule == "lung"
    volumes = [open_volume(item["image"]) for item in items]
    assert [crops.chooser.rule_of(volume).name for volume in volumes] == ["lung", "body"]
    tissue = [crops[index]["image"].numpy() > -150 for index in range(60)]
    assert max(each.mean() for each in tissue[:30]) <= 0.15
    assert min(each.mean() for each in tissue[30:]) >= 0.4


def test_one_scan_with_lung_does_not_turn_a_set_of_abdomens(tmp_path):
    (chest,) = stored(tmp_path, body(True), "chest")
    bellies = [stored(tmp_path, body(False), f"belly{number}")[0] for number in range(2)]
    assert CropDataset([chest], SIZE).rule == "lung"
    crops = CropDataset([chest, *bellies], SIZE)
    assert crops.rule == "body"
    assert crops.chooser.rule_of(open_volume(chest["image"])).name == "body"


def test_phantom_chest_and_abdomen(tmp_path):
    chest = make_chest_phantom(0, (2.0, 2.0, 2.0)).volume
    abdomen = make_abdomen_phantom(0, (3.0, 3.0, 3.0)).volume
    for array, name, rule in ((chest, "chest", "lung"), (abdomen, "abdomen", "body")):
        (item,) = stored(tmp_path, array, name)
        crops = CropDataset([item], (32, 32, 16))
        assert crops.rule == rule
        assert crops.chooser.rule_of(open_volume(item["image"])).name == rule
        assert crops.chooser.acceptance_of(open_volume(item["image"])) >= 0.01


def test_limits_replace_those_of_the_rule(tmp_path):
    (item,) = stored(tmp_path, body(True), "a")
    crops = CropDataset([item], SIZE, crop_rule="lung", tissue_limit=0.1)
    rule = crops.chooser.rule_of(open_volume(item["image"]))
    assert (rule.name, rule.tissue_limit, rule.matter_limit) == ("lung", 0.1, 0.45)


@pytest.mark.parametrize(
    "options", [{"crop_rule": "lungs"}, {"tissue_limit": 2}, {"matter_limit": -0.1}]
)
def test_bad_arguments_name_themselves(options):
    with pytest.raises(UserError, match=f"^{next(iter(options))}: "):
        CropDataset([{"image": "a.b2nd"}], SIZE, **options)


@pytest.mark.slow
@pytest.mark.skipif(not REAL.name, reason="MEDSSL_REAL_DATA names no folder of real scans")
def test_real_abdomens_show_tissue_and_real_chests_lung(tmp_path):
    for part in ("abdomen", "chest"):
        prepare_images(REAL / part, tmp_path / part, images="*/ct.nii.gz", workers=2)
    size = (64, 64, 32)
    abdomens, chests = (
        [
            item
            for split in ("training", "validation", "test")
            for item in load_datalist(tmp_path / part, split, size)
        ]
        for part in ("abdomen", "chest")
    )
    uniform = soft_share(abdomens, crop_size=size, crop_rule="any")
    assert soft_share(abdomens, crop_size=size) >= 0.6 * uniform
    assert CropDataset(abdomens, size).rule == "body"
    crops = CropDataset(chests, size)
    assert crops.rule == "lung"
    names = [crops.chooser.rule_of(open_volume(item["image"])).name for item in chests]
    assert names.count("lung") >= 0.8 * len(names)
