"""What data hold decides; where they lie does not."""

import json
import shutil

from medssl.study.contents import data_digest, place_data, read_digests, voxel_size

from .studies import written


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


def test_what_is_not_there_has_no_digest(tmp_path):
    weights = written(tmp_path, "w", "w.pt")
    variants = {"ours": {"weights": str(weights)}, "none": {"weights": "none.pt"}}
    settings = {"data": {"chest": str(tmp_path)}, "variants": variants}
    digests = read_digests(settings)
    assert (digests["chest"], digests["none"]) == (None, None)
    assert len(digests["ours"]) == 64
