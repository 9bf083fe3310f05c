"""The usual place needs no learning; figures by class; crops of parts are where they say."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from hippocampus import SHORT, SMALL, by_class, finished, subject
from hippocampus_atlas import atlas_dice, centred, usual_place
from hippocampus_page import section
from hippocampus_probe import HALF, PARTS, part_crops, part_questions
from medssl.phantom import write_nnunet
from medssl.sources.listed_sets import prepare_listed
from medssl.store import load_datalist
from medssl.store.open_volumes import open_item
from medssl.study.plan import make_plan
from medssl.study.result import read_result
from medssl.study.settings import read_settings

ROOT = Path(__file__).resolve().parents[2]
STUDY = ROOT / "study" / "hippocampus.yaml"
KEPT = ROOT / "study" / "results" / "hippocampus"


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
        "x_001": {"anterior": 0.8, "posterior": 0.6},
        "x_003": {"anterior": 0.9, "posterior": float("nan")},
        "x_005": {"anterior": 0.7, "posterior": 0.8},
    }
    found = by_class(figures)
    assert found["anterior"][0] == pytest.approx(0.8)
    assert found["posterior"][0] == pytest.approx(0.7)
    assert found["both"][0] == pytest.approx((0.7 + 0.75) / 2)
    assert found["anterior"][1] < 0.8 < found["anterior"][2]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """Two kidneys stand in for the two parts; a third of the scans are tested."""
    root = tmp_path_factory.mktemp("parts")
    write_nnunet(root / "raw", "organs_mr", 6, 0, (5.0, 5.0, 5.0))
    options = {"spacing": 5.0, "fractions": (0.3, 0.3, 0.4), "workers": 1}
    prepare_listed("nnunet", root / "raw", root / "data", **options)
    return root / "data"


def stored(folder, split):
    items = load_datalist(folder, split, labelled=True)
    return {i["id"]: (open_item(i).read_all(), open_item(i, "label").read_all()) for i in items}


def test_crops_of_parts_are_centred_on_them(prepared):
    scans = {**stored(prepared, "validation"), **stored(prepared, "test")}
    crops = part_crops(prepared)
    middle = (HALF,) * 3
    for crop in crops:
        volume, label = scans[crop.patient]
        windows = np.lib.stride_tricks.sliding_window_view(volume, crop.hu.shape)
        near = np.argwhere(windows[(..., *middle)] == crop.hu[middle])
        (start,) = [start for start in near if (windows[tuple(start)] == crop.hu).all()]
        assert PARTS[label[tuple(start + HALF)]] == crop.mask
    asked = part_questions(crops)
    assert asked["part"].classes == PARTS
    assert len(asked["part"].rows) == len(crops)
    assert {crops[row].mask for row in asked["end"].rows} == {"anterior", "posterior"}


def test_the_dice_of_the_usual_place_is_that_of_a_map_for_all(prepared):
    maps = [label for _, label in stored(prepared, "training").values()]
    atlas = usual_place(maps)
    for case, figures in atlas_dice(prepared).items():
        truth = stored(prepared, "test")[case][1]
        guess = centred(atlas, truth.shape)
        for number, value in enumerate(figures.values(), 1):
            ours, drawn = guess == number, truth == number
            assert value == pytest.approx(2 * (ours & drawn).sum() / (ours.sum() + drawn.sum()))


@pytest.mark.parametrize(("case", "whose"), [("h_001", "001"), ("h_002", "001"), ("h_003", "002")])
def test_two_hippocampi_are_one_subjects(case, whose):
    assert subject(case) == f"subject_{whose}"


def test_what_is_finished_by_other_settings_is_refused(tmp_path):
    (tmp_path / "task.json").write_text('{"hours": 1.0, "dice": 0.9}')
    assert finished(tmp_path / "task.json", {"hours": 1.0})["dice"] == 0.9
    with pytest.raises(SystemExit, match="other settings"):
        finished(tmp_path / "task.json", {"hours": 2.0})


def test_the_section_of_a_page_is_that_of_its_figures():
    three = {part: [0.5, 0.4, 0.6] for part in ("anterior", "posterior", "both")}
    kinds = ("dice", "masks", "hd95", "assd", "no_learning")
    task = {**dict.fromkeys(kinds, three), "steps": 7, "cpu_minutes": 1.5, "threads": 1}
    task |= {
        "hours": 2.0,
        "machine": "a machine",
        "plan": {"spacing": 1, "_reasons_": {"spacing": "why"}},
    }
    held = {"skill": 0.3, "skill_low": 0.2, "skill_high": 0.4, "mse": 0.01, "mse_constant": 0.03}
    known = {"linear": {"ours": [0.7, 0.6, 0.8], "over_untrained": [0.1, 0.05, 0.15]}}
    run = {
        "steps": 9,
        "cpu_minutes": 2.0,
        "held_out": held,
        "knows": {"answers": {"part": known, "end": known}},
    }
    text = section({"task": task, "pretrained": {"pretrain_pcrl": run}})
    assert "| dice | 0.500 [0.400, 0.600] |" in text
    assert "| `spacing` | 1 | why |" in text
    assert "| pcrl | 9 | 2.0 |" in text
    assert "0.300 [0.200, 0.400] | 0.70, +0.10 [+0.05, +0.15] |" in text


def test_the_study_pretrains_as_the_benchmark_does():
    common = read_settings(STUDY)["common"]
    for bundle, own in SMALL.items():
        shared = {"amp": common["all"]["amp"], **common["pretrain"], **common[bundle]}
        assert shared == {**SHORT, **own}


def test_the_study_is_of_the_size_that_its_protocol_says():
    plan = make_plan(read_settings(STUDY), {}, str(STUDY))
    kinds = Counter(run.kind for run in plan.runs.values())
    assert kinds == {"pretrain": 10, "finetune": 255}
    labels = [cell for cell in plan.cells if cell.experiment == "labels"]
    assert Counter(cell.kind for cell in labels)["finetune"] == 165
    protocol = ROOT / "docs" / "explanation" / "hippocampus-protocol.md"
    assert "165 fine-tunings. With the secondary ones below 255" in protocol.read_text("utf-8")


def test_what_was_run_is_found_by_the_plan_of_today():
    results = [read_result(folder) for folder in KEPT.iterdir()]
    (data,) = {result["content"]["data"] for result in results}
    plan = make_plan(read_settings(STUDY), {"hippocampus": data}, str(STUDY))
    assert {result["key"] for result in results} <= set(plan.runs)
