"""Crops around candidates: place, labels, subsets, balanced epochs."""

from contextlib import nullcontext
from itertools import islice

import numpy as np
import pytest
import torch

from medssl.crops import CandidateCropDataset
from medssl.crops.candidate_crops import check_inside
from medssl.engines import EpochStream, stream_loader
from medssl.errors import UserError
from medssl.store import write_volume
from medssl.store.marks import Marks, write_marks

from ..scans import oblique_affine, small_ct

SHAPE = (24, 20, 16)


def table(path, series, world, labels):
    rows = np.arange(len(series))
    marks = Marks(np.array(series, object), np.array(world, float), np.array(labels, float), rows)
    write_marks(path, marks, "class")
    return path


def lps(affine, voxels):
    """World positions, one by one."""
    return [(affine @ [*voxel, 1])[:3] * (-1, -1, 1) for voxel in voxels]


@pytest.fixture
def folder(tmp_path):
    """Two oblique scans with 4 positives and 16 negatives each, and rows of another scan."""
    affine, rng = oblique_affine(), np.random.default_rng(0)
    series, world, labels = [], [], []
    for number, name in enumerate(("a", "b", "elsewhere")):
        voxels = rng.integers(0, SHAPE, (20, 3))
        if name != "elsewhere":
            write_volume(tmp_path / "volumes" / f"{name}.b2nd", small_ct(SHAPE, number), affine)
        series += [name] * 20
        world += lps(affine, voxels)
        labels += [1] * 4 + [0] * 16
    order = rng.permutation(60)
    columns = ([column[i] for i in order] for column in (series, world, labels))
    table(tmp_path / "candidates.csv", *columns)
    return tmp_path


@pytest.fixture
def items(folder):
    return [
        {"image": str(folder / "volumes" / f"{name}.b2nd"), "id": name, "patient": name}
        for name in "ba"
    ]


def test_crops_are_what_lies_around_the_position(folder, items):
    data = CandidateCropDataset(items, "candidates.csv", (8, 6, 4))
    published = (folder / "candidates.csv").read_text().splitlines()
    assert len(data) == 40
    for index in range(len(data)):
        sample = data[index]
        name, *world, label = published[sample["candidate"] - 1].split(",")
        assert (sample["case"], sample["label"].tolist()) == (name, [float(label)])
        assert sample["label"].dtype == torch.float32
        assert sample["world_mm"].tolist() == [float(value) for value in world]
        array = small_ct(SHAPE, "ab".index(name))
        ras = np.array([float(v) for v in world]) * (-1, -1, 1)
        voxel = np.rint(np.linalg.solve(oblique_affine(), [*ras, 1])[:3]).astype(int)
        start = [min(max(v - n // 2, 0), m - n) for v, n, m in zip(voxel, (8, 6, 4), SHAPE)]
        crop = array[tuple(slice(s, s + n) for s, n in zip(start, (8, 6, 4)))]
        np.testing.assert_array_equal(sample["image"].numpy(), crop[None])


def test_rows_keep_the_order_of_the_file_whatever_the_order_of_scans(items):
    first, again = (CandidateCropDataset(data, "candidates.csv") for data in (items, items[::-1]))
    lines = [data.marks.lines.tolist() for data in (first, again)]
    assert lines[0] == lines[1] == sorted(lines[0])
    assert first[7]["case"] == again[7]["case"]
    assert torch.equal(first[7]["image"], again[7]["image"])


def test_seed_is_a_function_of_the_key(items):
    data = CandidateCropDataset(items, "candidates.csv", (4, 4, 4), seed=5)
    seeds = {data[(epoch, index)]["seed"] for epoch in range(3) for index in range(40)}
    assert len(seeds) == 120
    assert data[(0, 3)]["seed"] == data[3]["seed"]
    other = CandidateCropDataset(items, "candidates.csv", (4, 4, 4), seed=6)
    assert other[3]["seed"] not in seeds


def test_scan_smaller_than_the_crop_is_padded_in_the_middle(items):
    sample = CandidateCropDataset(items, "candidates.csv", pad_hu=-7)[0]
    crop = sample["image"][0]
    assert crop.shape == (48, 48, 48)
    expected = small_ct(SHAPE, "ab".index(sample["case"]))
    np.testing.assert_array_equal(crop[12:36, 14:34, 16:32], expected)
    crop[12:36, 14:34, 16:32] = -7
    assert (crop == -7).all()


def test_native_spacing_is_resampled_to_isotropic_crops(tmp_path):
    spacing = np.array([0.5, 0.8, 2.5])
    grid = np.stack(np.meshgrid(*map(np.arange, (60, 50, 40)), indexing="ij"), -1) * spacing
    ramp = np.rint(grid @ [10, -7, 4] - 300).astype(np.int16)
    write_volume(tmp_path / "volumes" / "a.b2nd", ramp, np.diag([*spacing, 1]))
    center = np.array([30, 25, 20]) * spacing
    path = table(tmp_path / "c.csv", ["a"], [center * (-1, -1, 1)], [1])
    items = [{"image": str(tmp_path / "volumes" / "a.b2nd"), "id": "a"}]
    data = CandidateCropDataset(items, path, (12, 12, 12), isotropic_mm=1.25)
    crop = data[0]["image"][0].double().numpy()  # 15 mm a side
    offsets = (np.arange(12) - 5.5) * 1.25
    mesh = np.stack(np.meshgrid(offsets, offsets, offsets, indexing="ij"), -1)
    # Even boxes lie half a stored voxel low, the 18.75 voxels of y are read as 19.
    expected = (center - [0.25, 0, 1.25] + mesh * [1, 19 * 0.8 / 15, 1]) @ [10, -7, 4] - 300
    middle = (slice(1, -1),) * 3
    assert np.abs(crop - expected)[middle].max() < 1.5
    assert CandidateCropDataset(items, path, (12, 12, 12))[0]["image"].float().std() > 0


def test_without_labels(tmp_path, items):
    path = tmp_path / "mine.csv"
    path.write_text("id,coordX,coordY,coordZ\na,-40,30,7\n")
    data = CandidateCropDataset(items, path, (4, 4, 4), labelled=False)
    assert len(data) == 1
    assert "label" not in data[0]
    with pytest.raises(UserError, match="no column class"):
        CandidateCropDataset(items, path)
    with pytest.raises(UserError, match="labelled: false"):
        CandidateCropDataset(items, path, labelled=False, resampling="mean")


def test_subset_of_the_data_set(items):
    data = CandidateCropDataset(items, "candidates.csv", imbalance_ratio=0.25, num_samples=20)
    assert (len(data), data.marks.values.sum()) == (20, 4)
    whole = CandidateCropDataset(items, "candidates.csv").marks.lines.tolist()
    assert set(data.marks.lines.tolist()) < set(whole)
    asked = {"imbalance_ratio": 1, "num_samples": 24}
    with pytest.raises(UserError, match="needs 12 positive candidates, there are 8"):
        CandidateCropDataset(items, "candidates.csv", **asked, repeat_positives=False)
    copies = CandidateCropDataset(items, "candidates.csv", (4, 4, 4), **asked)
    lines = copies.marks.lines[copies.marks.values == 1].tolist()
    assert (len(lines), len(set(lines))) == (12, 8)
    assert len({copies[index]["seed"] for index in range(24)}) == 24  # so augmentation moves them
    with pytest.raises(UserError, match="needs 33 negative candidates, there are 32"):
        CandidateCropDataset(items, "candidates.csv", imbalance_ratio=0.01, num_samples=33)


def test_the_subset_has_a_seed_of_its_own(items):
    def lines(**seeds):
        asked = {"imbalance_ratio": 0.25, "num_samples": 20, **seeds}
        return CandidateCropDataset(items, "candidates.csv", **asked).marks.lines.tolist()

    assert lines(seed=1, subset_seed=5) == lines(seed=2, subset_seed=5)
    assert lines(seed=1, subset_seed=5) != lines(seed=1, subset_seed=6)
    assert lines(seed=1) == lines(seed=2, subset_seed=1)


def test_balanced_training_resumes_and_is_shared_by_ranks(items):
    data = CandidateCropDataset(items, "candidates.csv", (4, 4, 4), resampling="mean")
    loader = stream_loader(data, 4, seed=2)
    assert len(loader) == 4  # 8 positives and as many negatives
    whole = [
        list(zip(b["case"], b["candidate"].tolist(), b["seed"].tolist())) for b in islice(loader, 9)
    ]
    labels = [label for batch in islice(loader, 4) for label in batch["label"].flatten().tolist()]
    assert sorted(labels) == [0] * 8 + [1] * 8
    loader.batch_sampler.start = 5
    rest = [
        list(zip(b["case"], b["candidate"].tolist(), b["seed"].tolist())) for b in islice(loader, 4)
    ]
    assert rest == whole[5:]
    joint = list(islice(EpochStream(16, 4, 2, data.indices), 9))
    ranks = []
    for rank in (0, 1):
        stream = EpochStream(16, 2, 2, data.indices)
        stream.rank, stream.ranks = rank, 2
        ranks.append(list(islice(stream, 9)))
    assert [a + b for a, b in zip(*ranks, strict=True)] == joint


@pytest.mark.parametrize("shift", [(0, 0, 40), (-40, 0, 0)])
def test_a_candidate_outside_of_its_scan_is_named(folder, items, shift):
    world = lps(oblique_affine(), [(3, 3, 3), np.add((12, 10, 8), shift)])
    path = table(folder / "out.csv", ["a", "b"], world, [0, 1])
    with pytest.raises(UserError, match=r"out\.csv: candidates of b: line 3, .* outside") as error:
        CandidateCropDataset(items, path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("axis", range(3))
def test_up_to_two_mm_beyond_the_outer_voxels_are_inside(axis):
    spacing, voxel = np.array([0.5, 1.0, 2.5]), np.array([[5.0, 5, 5]])
    for edge, outwards in ((0, -1), (SHAPE[axis] - 1, 1)):
        for beyond_mm in (1.99, 2.01):
            voxel[0, axis] = edge + outwards * beyond_mm / spacing[axis]
            refused = pytest.raises(UserError, match="outside") if beyond_mm > 2 else nullcontext()
            with refused:
                check_inside(voxel, SHAPE, spacing, voxel, "")


def test_a_candidate_at_the_very_edge_is_inside(folder, items):
    world = lps(oblique_affine(), [(-0.5, -0.5, -0.5), np.subtract(SHAPE, 0.5)])
    path = table(folder / "edge.csv", ["a", "a"], world, [0, 1])
    data = CandidateCropDataset(items, path, (4, 4, 4))
    np.testing.assert_array_equal(data[0]["image"][0], small_ct(SHAPE, 0)[:4, :4, :4])
    np.testing.assert_array_equal(data[1]["image"][0], small_ct(SHAPE, 0)[-4:, -4:, -4:])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"data": []}, "data: no scan"),
        ({"candidates": "candidates_V2.csv"}, "no file candidates_V2.csv.*has candidates.csv"),
        ({"crop_size": (8, 8)}, "crop_size"),
        ({"isotropic_mm": 0}, "isotropic_mm: 0, expected mm from 0.05 to 20"),
        ({"resampling": "copies"}, "resampling: 'copies', expected none or mean"),
        ({"num_samples": 5}, "expected both or neither"),
        ({"imbalance_ratio": 0, "num_samples": 5}, "imbalance_ratio: 0, expected"),
        ({"imbalance_ratio": 0.1, "num_samples": 0}, "num_samples: 0, expected"),
    ],
)
def test_bad_arguments(items, arguments, message):
    with pytest.raises(UserError, match=message) as error:
        CandidateCropDataset(**{"data": items, "candidates": "candidates.csv", **arguments})
    assert "\n" not in str(error.value)


def test_tables_that_do_not_fit(folder, items):
    other = [{**item, "id": f"{item['id']}2"} for item in items]
    with pytest.raises(
        UserError, match=r"none of its 60 candidates lies in the 2 scan\(s\) such as"
    ):
        CandidateCropDataset(other, "candidates.csv")
    world = lps(oblique_affine(), [(3, 3, 3)] * 3)
    path = table(folder / "two.csv", ["a", "b", "b"], world, [0, 2, 3])
    with pytest.raises(UserError, match=r"two\.csv: line 3, column class: 2, expected 0 or 1"):
        CandidateCropDataset(items, path)
    path = table(folder / "one.csv", ["a"], lps(oblique_affine(), [(3, 3, 3)]), [0])
    with pytest.raises(UserError, match="one class only"):
        CandidateCropDataset(items, path, resampling="mean")


def test_no_scan_is_opened_before_its_crop_is_cut(folder, items):
    voxels = CandidateCropDataset(items, folder / "candidates.csv", (8, 6, 4))._voxel
    grid = {
        "shape": list(SHAPE),
        "affine": oblique_affine().tolist(),
        "image": str(folder / "volumes" / "gone"),
    }
    listed = [{**item, **grid} for item in items]
    again = CandidateCropDataset(listed, folder / "candidates.csv", (8, 6, 4))._voxel
    np.testing.assert_array_equal(again, voxels)
