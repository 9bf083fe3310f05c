"""``--table``: checked before anything is prepared, copied, and told of at the end."""

import json

import numpy as np
import pytest

from medssl.errors import UserError
from medssl.sources import prepare_images
from medssl.sources.class_table import class_warnings, read_class_table
from medssl.sources.listed_sets import prepare_listed
from medssl.store.case_table import CaseRow
from medssl.store.joined import case_of

from ..scans import save_nifti, small_ct
from .test_summary import save

OPTIONS = {"spacing": "native", "workers": 1, "fractions": (0.5, 0.25, 0.25)}


@pytest.fixture
def scans(tmp_path):
    for number in range(8):
        save_nifti(tmp_path / "scans" / f"s{number}.nii.gz", small_ct(seed=number))
    return tmp_path / "scans"


def table(folder, text):
    (folder / "mine.csv").write_text(text)
    return folder / "mine.csv"


def told(output):
    return json.loads((output / "manifest.json").read_text())["summary"]


def test_it_lies_in_the_prepared_folder_and_the_next_command_is_said(scans, tmp_path):
    mine = table(tmp_path, "case,label\n" + "".join(f"s{n},{n % 2}\n" for n in range(7)))
    prepare_images(scans, tmp_path / "out", table=mine, **OPTIONS)
    assert (tmp_path / "out" / "labels.csv").read_bytes() == mine.read_bytes()
    summary = told(tmp_path / "out")
    assert "mine.csv: 1 of 8 scans have no row: s7" in summary["warnings"]
    assert "bundles/volume_classification" in " ".join(summary["next"]["classify"])


def test_every_split_gets_scans_with_a_class_where_there_are_enough(scans, tmp_path):
    """Whatever the seed, and a class of a single scan is where it can be learnt."""
    mine = table(tmp_path, "case,label\ns0,1\ns3,2\ns5,1\ns6,1\n")
    for seed in range(4):
        prepare_images(scans, tmp_path / f"{seed}", table=mine, **OPTIONS, seed=seed)
        listing = json.loads((tmp_path / f"{seed}" / "datalist.json").read_text())
        for split in ("training", "validation", "test"):
            assert {"s0", "s5", "s6"} & {item["id"] for item in listing[split]}
        assert "s3" in {item["id"] for item in listing["training"]}


def test_every_split_and_fold_has_each_class(scans, tmp_path):
    """Three of eight are of class 2, and whatever the seed each split has one, each fold tests."""
    mine = table(tmp_path, "case,label\n" + "".join(f"s{n},{1 + (n > 4)}\n" for n in range(8)))
    for seed in range(3):
        prepare_images(scans, tmp_path / "out", table=mine, **OPTIONS, seed=seed, folds=3)
        found = json.loads((tmp_path / "out/datalist.json").read_text())
        rare = {"s5", "s6", "s7"}
        for split in ("training", "validation", "test"):
            assert {item["id"] for item in found[split]} & rare
            assert {item["id"] for item in found[split]} - rare
        for fold in range(3):
            found = json.loads((tmp_path / f"out/datalist_fold{fold}.json").read_text())
            assert len({item["id"] for item in found["test"]} & rare) == 1
    assert not [line for line in told(tmp_path / "out")["warnings"] if "mine.csv" in line]
    assert told(tmp_path / "out")["classes"]["2"] == {"training": 1, "validation": 1, "test": 1}


def test_a_bad_table_stops_before_anything_is_written(scans, tmp_path):
    mine = table(tmp_path, "case,label\ns0,1\nnobody,2\n")
    with pytest.raises(UserError, match=r"mine\.csv: line 3, column case: nobody is none of the 8"):
        prepare_images(scans, tmp_path / "out", table=mine, **OPTIONS)
    assert not list((tmp_path / "out").glob("*"))


def test_cases_of_several_channels_are_called_as_their_data_set_does(tmp_path):
    folder = tmp_path / "Dataset001_X"
    for number in range(4):
        for channel in range(2):
            values = small_ct(seed=number).astype(np.float32) + 1500 * channel + 2000
            save_nifti(folder / "imagesTr" / f"c{number}_{channel:04d}.nii.gz", values)
    named = {"channel_names": {"0": "T1", "1": "T2"}, "labels": {"background": 0}}
    (folder / "dataset.json").write_text(json.dumps(named))
    mine = table(tmp_path, "case,label\nc0,1\nc1,2\nc2,2\nc3,1\n")
    prepare_listed("nnunet", folder, tmp_path / "out", table=mine, **OPTIONS)
    assert (tmp_path / "out" / "labels.csv").is_file()
    mine = table(tmp_path, "case,label\nc0_0000,1\nc1,2\n")
    with pytest.raises(UserError, match="c0_0000 is none of the 4 scan"):
        prepare_listed("nnunet", folder, tmp_path / "out", table=mine, **OPTIONS)


def test_classes_that_a_split_lacks_and_scans_that_are_gone_are_told(tmp_path):
    rows = [CaseRow(name, label, None, 2) for name, label in ("a1", "b2", "c2", "d1", "x1")]
    splits = {"a": "training", "b": "training", "c": "validation", "d": "test"}
    records = [{"id": name, "split": split} for name, split in splits.items()]
    lines = class_warnings(tmp_path / "t.csv", rows, records)
    assert lines == [
        "t.csv: 1 scans that were left out have rows: x",
        "t.csv: no 1 in validation: add patients who have it, or test in turn with --folds",
        "t.csv: no 2 in test: add patients who have it, or test in turn with --folds",
    ]
    lines = class_warnings(tmp_path / "t.csv", rows, [{"id": "a", "split": "training"}])
    assert not [line for line in lines if "no 1 in" in line]  # there are no other splits
    assert class_warnings(None, [], records) == []
    assert read_class_table(None, []) == []
    assert case_of({"id": "c_0001", "facts": {"case": "c"}}) == "c"


def test_a_scan_with_a_class_alone_is_no_labelled_one(tmp_path):
    """Three of nine have label maps, one for each split; the classes of the others are none."""
    save(tmp_path / "in", 9, labelled=(0, 1, 2))
    table = tmp_path / "table.csv"
    table.write_text("case,label\n" + "".join(f"case{n},{'ab'[n % 2]}\n" for n in range(3, 9)))
    patterns = {"images": "*/ct.nii.gz", "labels": "*/mask.nii.gz"}
    path = prepare_images(
        tmp_path / "in", tmp_path / "out", spacing="native", workers=1, table=table, **patterns
    )
    listing = json.loads(path.read_text())
    for split in ("training", "validation", "test"):
        assert sum("label" in item for item in listing[split]) == 1
