"""The usual place needs no learning; figures by class; crops of parts are where they say."""

import sys
from pathlib import Path

import numpy as np
import pytest

from medssl.phantom import write_nnunet
from medssl.sources.listed_sets import prepare_listed

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

from hippocampus import by_class
from hippocampus_atlas import atlas_dice, centred, usual_place
from hippocampus_probe import HALF, PARTS, part_crops, part_questions


def test_maps_are_aligned_by_their_centres():
    label = np.zeros((5, 4, 7), np.uint8)
    label[2, 2, 3] = 1
    larger = centred(label, (9, 8, 11))
    assert np.argwhere(larger).tolist() == [[4, 4, 5]]
    assert np.array_equal(centred(larger, label.shape), label)
    assert centred(label, (3, 6, 7)).shape == (3, 6, 7)


def test_the_usual_place_is_the_most_frequent_class_there():
    rng = np.random.default_rng(0)
    labels = [rng.integers(0, 3, (4, 3, 2)).astype(np.uint8) for _ in range(7)]
    found = usual_place(labels)
    for place in np.ndindex(found.shape):
        counts = [sum(label[place] == n for label in labels) for n in range(3)]
        assert counts[found[place]] == max(counts)


def test_figures_by_class_have_a_mean_of_both_and_leave_out_what_has_none():
    figures = {
        "a": {"anterior": 0.8, "posterior": 0.6},
        "b": {"anterior": 0.9, "posterior": float("nan")},
        "c": {"anterior": 0.7, "posterior": 0.8},
    }
    found = by_class(figures)
    assert found["anterior"][0] == pytest.approx(0.8)
    assert found["posterior"][0] == pytest.approx(0.7)
    assert found["both"][0] == pytest.approx((0.7 + 0.75) / 2)
    assert found["anterior"][1] < 0.8 < found["anterior"][2]


def test_crops_of_parts_are_centred_on_them(tmp_path):
    write_nnunet(tmp_path / "raw", "organs_mr", 6, 0, (5.0, 5.0, 5.0))
    options = {"spacing": 5.0, "fractions": (0.3, 0.3, 0.4), "workers": 1}
    prepare_listed("nnunet", tmp_path / "raw", tmp_path / "data", **options)
    crops = part_crops(tmp_path / "data")
    assert {crop.mask for crop in crops} == set(PARTS)
    assert all(crop.hu.shape == (2 * HALF,) * 3 for crop in crops)
    asked = part_questions(crops)
    assert asked["part"].classes == PARTS
    assert len(asked["part"].rows) == len(crops)
    assert {crops[row].mask for row in asked["end"].rows} == {"anterior", "posterior"}
    assert len(atlas_dice(tmp_path / "data")) > 0
