"""What data hold decides; where they lie does not."""

import json
import shutil

import pytest
import yaml

from medssl.errors import UserError
from medssl.study.contents import (
    check_contents,
    data_digest,
    place_data,
    read_digests,
    voxel_size,
)
from medssl.study.plan import make_plan
from medssl.study.settings import lay_over

from .studies import SMALL, written


def test_a_copy_elsewhere_is_the_same_data_and_another_label_is_not(tmp_path, prepared):
    copy = tmp_path / "copy"
    shutil.copytree(prepared, copy, ignore=shutil.ignore_patterns("volumes"))
    assert data_digest(copy) == data_digest(prepared) is not None
    listing = json.loads((copy / "datalist.json").read_text())
    listing["training"][0]["label_voxels_sha256"] = "other"
    (copy / "datalist.json").write_text(json.dumps(listing))
    assert data_digest(copy) != data_digest(prepared)


def test_a_scan_in_another_split_and_a_changed_table_are_other_data(tmp_path, prepared):
    copy = tmp_path / "copy"
    shutil.copytree(prepared, copy, ignore=shutil.ignore_patterns("volumes"))
    (copy / "candidates.csv").write_text("a\n")
    first = data_digest(copy)
    (copy / "candidates.csv").write_text("b\n")
    assert data_digest(copy) != first != data_digest(prepared)
    (copy / "candidates.csv").unlink()
    listing = json.loads((copy / "datalist.json").read_text())
    listing["test"].append(listing["training"].pop())
    (copy / "datalist.json").write_text(json.dumps(listing))
    assert data_digest(copy) != data_digest(prepared)


def test_a_folder_says_the_size_of_its_voxels(prepared):
    assert voxel_size(prepared) == [3.0, 3.0, 3.0]


def test_places_are_beneath_a_folder_unless_they_are_absolute(tmp_path):
    settings = {"data": {"chest": "luna16", "liver": "/my/liver"}}
    placed = place_data(settings, tmp_path)
    assert placed["data"] == {"chest": str(tmp_path / "luna16"), "liver": "/my/liver"}


def test_released_weights_lie_where_the_caller_says(tmp_path, monkeypatch):
    """Runs are done in the study's folder, which is another one than the caller's."""
    monkeypatch.chdir(tmp_path)
    variants = {"ours": {"weights": "dist/x.zip"}, "there": {"weights": "/dist/x.zip"}}
    settings = {"data": {}, "variants": {**variants, "noskip": {"method": "mg", "skip": False}}}
    assert place_data(settings, "elsewhere")["variants"] == {
        "ours": {"weights": str(tmp_path / "dist" / "x.zip")},
        "there": {"weights": "/dist/x.zip"},
        "noskip": {"method": "mg", "skip": False},
    }


@pytest.fixture
def planned(tmp_path, prepared):
    """A run on copied data from weights, with an overlay, as a plan has it."""
    shutil.copytree(prepared, tmp_path / "data", ignore=shutil.ignore_patterns("volumes"))
    (tmp_path / "x.zip").write_bytes(b"weights")
    overlay = written(tmp_path, '{"max_epochs": 3}', "own.json")
    block = {"start": ["ours"], "task": ["ncs"]}
    changes = {
        "data": {"nodules": "data"},
        "variants": {"ours": {"weights": str(tmp_path / "x.zip")}},
        "tasks": {"ncs": {"overlays": [str(overlay)]}},
        "experiments": {"table3": None, "fig8": None, "mine": block},
    }
    settings = place_data(lay_over(yaml.safe_load(SMALL), changes), tmp_path)
    return next(iter(make_plan(settings, read_digests(settings)).runs.values()))


def test_a_run_of_what_was_planned_goes_on(planned):
    check_contents(planned)


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("data/new.csv", "a\n", "data: not the data that ncs-ours-.* put these back, or plan anew"),
        ("data/datalist.json", None, "data: not the data that ncs-ours"),
        ("x.zip", "others", "x.zip: not the weights that ncs-ours"),
        ("x.zip", None, "x.zip: not the weights that ncs-ours"),
        ("own.json", '{"max_epochs": 4}', "own.json: not the overlays that ncs-ours"),
        ("own.json", None, "own.json: no such file"),
    ],
)
def test_a_run_of_other_contents_than_planned_is_refused(tmp_path, planned, file, content, said):
    path = tmp_path / file
    path.unlink() if content is None else path.write_text(content)
    with pytest.raises(UserError, match=said) as caught:
        check_contents(planned)
    assert "\n" not in str(caught.value)


def test_what_is_not_there_has_no_digest(tmp_path):
    weights = written(tmp_path, "w", "w.pt")
    variants = {"ours": {"weights": str(weights)}, "none": {"weights": "none.pt"}}
    settings = {"data": {"chest": str(tmp_path)}, "variants": variants}
    digests = read_digests(settings)
    assert (digests["chest"], digests["none"]) == (None, None)
    assert len(digests["ours"]) == 64
