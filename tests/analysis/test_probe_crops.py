"""Crops that a probe tells apart: pairs alike in density, every nodule, batches in the window."""

import numpy as np
import pytest
import torch

from medssl.analysis.probe_crops import Batches, NoduleOrNot, ObjectOrBackground
from medssl.crops import CandidateCropDataset, ObjectCropDataset
from medssl.errors import UserError
from medssl.store import write_volume

SHAPE, SIZE, WINDOW = (40, 12, 12), (4, 4, 4), (-1000, 1000)
TISSUE, AIR = 100, -1000


@pytest.fixture
def scan(tmp_path):
    """Tissue for x below 20 and air beyond, labelled in a box, as an item of a data list."""

    def write(name, box, **more):
        image = np.full(SHAPE, AIR, np.int16)
        image[:20] = TISSUE
        label = np.zeros(SHAPE, np.uint8)
        label[box] = 3
        paths = {key: str(tmp_path / f"{name}_{key}.b2nd") for key in ("image", "label")}
        write_volume(paths["image"], image, np.eye(4))
        write_volume(paths["label"], label, np.eye(4))
        return {**paths, "id": name, "objects": [{"center": [4, 6, 6]}], **more}

    return write


BOX = np.s_[2:12, 1:11, 1:11]


def test_the_partner_of_an_object_shows_none_and_is_as_dense(scan):
    items = [scan(f"s{i}", BOX, patient=f"p{i}") for i in range(4)]
    data = ObjectOrBackground(ObjectCropDataset(items, SIZE), WINDOW)
    samples = [data[index] for index in range(len(data))]
    assert [(each["target"], each["patient"]) for each in samples] == [
        (target, f"p{i}") for i in range(4) for target in (1, 0)
    ]
    for number, partner in enumerate(samples[1::2]):
        assert (partner["image"] == TISSUE).all(), "as the object, though half of the scan is air"
        _, start = data._places[2 * number + 1]
        label = np.zeros(SHAPE)
        label[BOX] = 1
        assert not label[tuple(slice(a, a + n) for a, n in zip(start, SIZE, strict=True))].any()


def test_an_object_without_room_beside_it_has_no_partner(scan):
    full, free = scan("full", np.s_[:]), scan("free", BOX)
    data = ObjectOrBackground(ObjectCropDataset([full, free], SIZE), WINDOW)
    assert [data[index]["target"] for index in range(len(data))] == [1, 1, 0]
    assert data[0]["patient"] == "full", "a scan without patient is its own"
    with pytest.raises(UserError, match=r"no crop of \[4, 4, 4\] without an object in 1"):
        ObjectOrBackground(ObjectCropDataset([full], SIZE), WINDOW)


@pytest.fixture
def nodules(scan, tmp_path):
    item = scan("s", BOX, patient="p")
    rows = [f"s,{-x},-6,6,{int(x in (3, 9))}" for x in range(1, 20)]
    lines = ["seriesuid,coordX,coordY,coordZ,class", *rows]
    (tmp_path / "candidates.csv").write_text("\n".join(lines))
    table = tmp_path / "candidates.csv"
    return NoduleOrNot(CandidateCropDataset([item], table, SIZE, resampling="mean"), WINDOW)


def test_all_nodules_and_as_many_others(nodules):
    samples = [nodules[index] for index in range(len(nodules))]
    assert sorted(each["target"] for each in samples) == [0, 0, 1, 1]
    assert {each["patient"] for each in samples} == {"p"}
    lines = nodules.candidates.marks.lines[nodules._indices].tolist()
    assert {line for line, each in zip(lines, samples) if each["target"]} == {4, 10}


def test_batches_are_in_the_window_and_can_be_gone_through_again(nodules):
    batches = Batches(nodules, 3, torch.device("cpu"), 0)
    first, again = list(batches), list(batches)
    assert [len(images) for images, _, _ in first] == [3, 1]
    raw = torch.stack([nodules[index]["image"] for index in range(4)])
    images = torch.cat([images for images, _, _ in first])
    torch.testing.assert_close(images, (raw.float() + 1000) / 2000)
    assert all(torch.equal(a[0], b[0]) for a, b in zip(first, again, strict=True))
    assert [target for _, targets, _ in first for target in targets.tolist()] == [
        nodules[index]["target"] for index in range(4)
    ]


def test_a_partner_is_of_all_channels(scan):
    one, other = (scan(name, BOX, patient="p") for name in ("one", "other"))
    item = {
        **one,
        "channels": [{"image": each["image"], "id": each["id"]} for each in (one, other)],
    }
    data = ObjectOrBackground(ObjectCropDataset([item], SIZE), WINDOW)
    assert {data[index]["target"] for index in range(len(data))} == {0, 1}
    assert {tuple(data[index]["image"].shape) for index in range(len(data))} == {(2, *SIZE)}
