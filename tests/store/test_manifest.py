"""Manifest and data list: who is in them, what is said, and the same bytes every time."""

import json

import pytest

from medssl.store import load_datalist
from medssl.store.contract import ScanContract
from medssl.store.manifest import fold_name, label_values, note_differences, write_lists

SUMMARY = {"left_out": [{"source": "x.nii", "reason": "no CT"}], "warnings": []}


def record(name, split, voxels=None, **more):
    plain = {"id": name, "patient": name.upper(), "split": split, "shape": [4, 4, 4], **more}
    labelled = {"label_source": f"{name}_seg.nii", "voxels_per_label": voxels}
    return plain | (labelled if voxels else {})


RECORDS = [
    record("a", "training", {"0": 60, "2": 3, "7": 1}),
    record("b", "validation", source="b.nii"),
    record("c", "test", {"0": 64}),
    record("d", "unused"),
]


def write(folder, records=RECORDS, names=None, folds=(), contract=None):
    folder.mkdir(exist_ok=True)
    path = write_lists(
        folder, records, {"seed": 0}, contract or ScanContract(), names or {}, "CC0", SUMMARY, folds
    )
    return json.loads(path.read_text()), json.loads((folder / "manifest.json").read_text())


def test_the_data_list_has_those_in_a_split_and_the_manifest_all(tmp_path):
    listing, manifest = write(tmp_path)
    found = {s: [item["id"] for item in listing[s]] for s in ("training", "validation", "test")}
    assert found == {"training": ["a"], "validation": ["b"], "test": ["c"]}
    assert (listing["numTraining"], listing["numTest"]) == (1, 1)
    assert [scan["id"] for scan in manifest["scans"]] == list("abcd")
    assert manifest["skipped"] == SUMMARY["left_out"]
    assert "source" not in listing["validation"][0], "paths of the source stay in the manifest"


def test_labels_are_those_that_occur_by_name_or_number(tmp_path):
    listing, _ = write(tmp_path, names={2: "liver", 5: "tumour"})
    assert listing["labels"] == {
        **{"0": "background", "2": "liver"},
        **{"5": "tumour", "7": "label 7"},
    }
    assert list(listing["labels"]) == ["0", "2", "5", "7"]
    assert listing["training"][0]["label_values"] == [2, 7] == label_values(RECORDS[0])
    assert listing["test"][0]["label_values"] == []
    unlabelled, _ = write(tmp_path, [RECORDS[1]], names={2: "liver"})
    assert unlabelled["labels"] == {}
    assert "label" not in unlabelled["validation"][0]


def test_regions_stand_beside_the_values_that_they_join(tmp_path):
    listing, _ = write(tmp_path, names={2: "core", (2,): "core", (2, 7): "whole"})
    assert listing["labels"] == {"0": "background", "2": "core", "7": "label 7"}
    assert listing["regions"] == {"core": [2], "whole": [2, 7]}
    assert "regions" not in write(tmp_path, names={2: "core"})[0]


def test_the_contract_is_said_in_both_and_gives_the_modality(tmp_path):
    contract = ScanContract((2.0, 2.0, 5.0), channels=("CT", "PET"), clip=(-100.0, 100.0))
    listing, manifest = write(tmp_path, contract=contract)
    assert listing["scan"] == manifest["scan"] == contract.as_dict()
    assert listing["modality"] == {"0": "CT", "1": "PET"}


def test_the_same_input_gives_the_same_bytes(tmp_path):
    folder = tmp_path / "out"
    write(folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    write(folder)
    assert before == {path.name: path.read_bytes() for path in folder.iterdir()}


def test_folds_move_patients_and_those_of_an_earlier_try_go(tmp_path):
    others = {"B": "training", "C": "training", "D": "validation"}
    folds = [{"A": "test", **others}, {**others, "A": "training", "C": "test"}]
    write(tmp_path, folds=folds)
    for number, (training, test) in enumerate([(["b", "c"], ["a"]), (["a", "b"], ["c"])]):
        listing = json.loads((tmp_path / fold_name(number)).read_text())
        assert listing["fold"] == number
        assert [item["id"] for item in listing["training"]] == training
        assert [item["id"] for item in load_datalist(tmp_path, "test", fold=number)] == test
    assert [item["id"] for item in load_datalist(tmp_path, "test")] == ["c"]
    write(tmp_path, folds=folds[:1])
    assert not (tmp_path / fold_name(1)).exists()
    write(tmp_path)
    assert not list(tmp_path.glob(fold_name("*")))


@pytest.mark.parametrize("differences", [["one scan less"], [{"file": "a", "is": 1}], []])
def test_differences_are_added_and_nothing_is_lost(tmp_path, differences):
    _, before = write(tmp_path)
    note_differences(tmp_path, differences)
    after = json.loads((tmp_path / "manifest.json").read_text())
    assert after == {**before, "differences": differences}
