"""The data list as a file: found by fold, read or refused, and its names of classes."""

import json

import pytest

from medssl.errors import UserError
from medssl.store import class_names, classes_here, intensity_here
from medssl.store.listing import find_datalist, fold_here, read_datalist


def test_a_fold_of_the_training_is_that_of_the_folder_if_it_has_folds(tmp_path, capsys):
    assert fold_here(tmp_path, 1) == 1  # nothing is there, as whoever reads it says
    (tmp_path / "datalist.json").write_text("{}")
    assert fold_here(tmp_path, None) is None
    assert capsys.readouterr().out == ""
    assert fold_here(tmp_path, 1) is None
    assert "its one split is taken, not fold 1" in capsys.readouterr().out
    (tmp_path / "datalist_fold0.json").write_text("{}")
    assert fold_here(tmp_path, 1) == 1


def test_a_fold_has_a_file_of_its_own(tmp_path):
    assert find_datalist(tmp_path, None) == tmp_path / "datalist.json"
    (tmp_path / "datalist.json").write_text("{}")
    with pytest.raises(UserError, match=r"fold: 0, but .* has no folds; prepare it with --folds"):
        find_datalist(tmp_path, 0)
    for fold in range(2):
        (tmp_path / f"datalist_fold{fold}.json").write_text("{}")
    assert find_datalist(tmp_path, 1) == tmp_path / "datalist_fold1.json"
    with pytest.raises(UserError, match=r"fold: 2, but .* has folds 0 to 1"):
        find_datalist(tmp_path, 2)


@pytest.mark.parametrize("content", [None, "", "{", "[]", "3", "\udcff"])
def test_what_is_no_data_list_is_one_line(content, tmp_path):
    path = tmp_path / "datalist.json"
    if content is not None:
        path.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(UserError, match="medssl prepare") as caught:
        read_datalist(path)
    assert str(tmp_path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("labels", "classes", "names"),
    [
        ({"1": "liver", "2": "tumour"}, [[1], [2]], ["liver", "tumour"]),
        ({"1": "liver", "2": "tumour"}, [[1, 2]], ["liver_tumour"]),
        ({"1": "left lung", "2": "label 2"}, [[1], [2]], ["left_lung", "2"]),
        ({"1": "same", "2": "same"}, [[1], [2]], ["1", "2"]),
        ({"1": "a/b", "2": "a b"}, [[1], [2]], ["1", "2"]),
        ({}, [[5], [7]], ["5", "7"]),
    ],
)
def test_names_of_classes_are_fit_for_files_and_differ(labels, classes, names, tmp_path):
    (tmp_path / "datalist.json").write_text(json.dumps({"labels": labels}))
    assert class_names(tmp_path, classes) == names


def test_where_nothing_is_prepared_values_name_the_classes(tmp_path):
    assert class_names(tmp_path / "gone", [[1], [2, 3]]) == ["1", "2_3"]
    assert class_names(tmp_path / "gone", [[1], [2, 3]], ["a", "b"]) == ["a", "b"]
    assert class_names(tmp_path / "gone", [[1], [2, 3]], ["a"]) == ["1", "2_3"]


LABELS = {"0": "background", "1": "edema", "2": "core", "4": "enhancing"}


def test_classes_are_the_values_of_the_label_maps_or_the_regions_of_the_source(tmp_path):
    assert classes_here(tmp_path) == [[1]]  # raw scans, as in MONAI Label
    assert classes_here(tmp_path, raw=[[1, 2], [2]]) == [[1, 2], [2]]
    path = tmp_path / "datalist.json"
    path.write_text(json.dumps({"labels": LABELS}))
    assert classes_here(tmp_path, raw=[[1]]) == [[1], [2], [4]]
    regions = {"core": [2, 4], "enhancing": [4], "whole tumour": [1, 2, 4]}
    path.write_text(json.dumps({"labels": LABELS, "regions": regions}))
    found = classes_here(tmp_path)
    assert found == [[1, 2, 4], [2, 4], [4]]
    assert class_names(tmp_path, found) == ["whole_tumour", "core", "enhancing"]
    assert class_names(tmp_path, [[1], [2, 1]]) == ["edema", "core_edema"]


@pytest.mark.parametrize(
    ("names", "classes"),
    [
        (["core", "edema"], [[2], [1]]),
        ("whole tumour", [[1, 2, 4]]),
        (["whole_tumour"], [[1, 2, 4]]),
        ([8], [[8]]),
    ],
)
def test_classes_are_chosen_by_name(names, classes, tmp_path):
    path, labels = tmp_path / "datalist.json", {**LABELS, "8": "label 8"}
    regions = {"core": [2, 4], "enhancing": [4], "whole tumour": [1, 2, 4]}
    path.write_text(
        json.dumps({"labels": labels, **({"regions": regions} if "w" in str(names) else {})})
    )
    assert classes_here(tmp_path, names) == classes


@pytest.mark.parametrize("names", [["liver"], ["core", "liver"], ["core", "core"], [2], [[2]], []])
def test_names_of_no_class_are_one_line(names, tmp_path):
    (tmp_path / "datalist.json").write_text(json.dumps({"labels": LABELS}))
    with pytest.raises(UserError, match=r"classes: .*: edema, core, enhancing$") as caught:
        classes_here(tmp_path, names)
    assert "\n" not in str(caught.value)


def test_scans_without_label_maps_have_no_classes(tmp_path):
    (tmp_path / "datalist.json").write_text(json.dumps({"labels": {}}))
    with pytest.raises(UserError, match="no label maps; prepare them with --labels"):
        classes_here(tmp_path)


def test_what_values_mean_is_the_folder_s_own(tmp_path):
    assert intensity_here(tmp_path, "zscore") == "zscore"
    (tmp_path / "datalist.json").write_text('{"scan": {"intensity": "percentile"}}')
    assert intensity_here(tmp_path, "zscore") == "percentile"
    (tmp_path / "datalist.json").write_text("{}")
    assert intensity_here(tmp_path, "zscore") == "hu"
