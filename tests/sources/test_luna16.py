"""``medssl prepare luna16``: layout, splits, tables, differences."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from medssl.errors import UserError
from medssl.phantom.metaimage import write_metaimage
from medssl.sources import prepare_luna16
from medssl.store import load_datalist, open_volume
from medssl.store.marks import read_marks

from ..scans import small_ct

SPLIT = ["training"] * 5 + ["validation"] * 2 + ["test"] * 3
HEADER = "seriesuid,coordX,coordY,coordZ"
FLIPPED = np.diag([-1.0, -1.0, 1.0, 1.0])


def tiny(folder: Path, subsets=range(10)) -> Path:
    """One scan ``s<k>`` of 12 x 10 x 8 mm in each subset, with a nodule and two candidates each."""
    folder.mkdir(parents=True, exist_ok=True)
    for k in subsets:
        path = folder / f"subset{k}" / f"s{k}.mhd"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_metaimage(path, small_ct(seed=k), FLIPPED if k % 2 else np.eye(4))
    rows = [f"s{k},{-k / 4},{k / 8},2.125" for k in range(10)]
    for name, value, cells in (
        ("annotations.csv", "diameter_mm", ["6.25"]),
        ("candidates.csv", "class", ["1", "0"]),
    ):
        lines = [f"{row},{cell}" for row in rows for cell in cells]
        (folder / name).write_text("\n".join([f"{HEADER},{value}", *lines]) + "\n")
    return folder


def manifest(folder: Path) -> dict:
    return json.loads((folder / "manifest.json").read_text())


def differences(folder: Path) -> dict:
    found = {row["what"]: row for row in manifest(folder)["differences"]}
    assert len(found) == len(manifest(folder)["differences"])
    return found


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    source = tiny(tmp_path_factory.mktemp("luna16"))
    prepare_luna16(source, source / "out", workers=1)
    return source / "out"


def test_subsets_make_the_paper_split(prepared):
    for name in ("training", "validation", "test"):
        items = load_datalist(prepared, name)
        subsets = [k for k, split in enumerate(SPLIT) if split == name]
        assert [item["facts"] for item in items] == [
            {"subset": k, "series_uid": f"s{k}"} for k in subsets
        ]
        assert [item["id"] for item in items] == [f"s{k}" for k in subsets]
        assert [item["patient"] for item in items] == [f"s{k}" for k in subsets]


def test_tables_hold_the_prepared_scans_rows_as_published(tmp_path):
    source = tiny(tmp_path / "in", subsets=(1, 5))
    script = source / "evaluationScript" / "annotations"
    script.mkdir(parents=True)
    excluded = f"{HEADER},diameter_mm\ns5,-131.8964945,-155.0567015,-317.8,-1\n"
    (script / "annotations_excluded.csv").write_text(excluded)
    shutil.copy(source / "annotations.csv", script)
    (source / "candidates.csv").rename(source / "candidates_V2.csv")
    prepare_luna16(source, tmp_path / "out", workers=1)
    assert (tmp_path / "out" / "annotations_excluded.csv").read_text() == excluded
    for name in ("annotations.csv", "candidates_V2.csv"):
        published = (source / name).read_text().splitlines()
        kept = [published[0], *(row for row in published[1:] if row[:2] in ("s1", "s5"))]
        written = (tmp_path / "out" / name).read_text().splitlines()
        assert [row.replace(".0,", ",") for row in written] == [
            row.replace(".0,", ",") for row in kept
        ]
    assert not (tmp_path / "out" / "candidates.csv").exists()


def test_differences_are_printed_and_kept(tmp_path, capsys):
    source = tiny(tmp_path / "in", subsets=(1, 5))
    (source / "annotations.csv").unlink()
    prepare_luna16(source, tmp_path / "out", workers=1)
    found = differences(tmp_path / "out")
    assert found["scans"] == {"what": "scans", "expected": 888, "found": 2}
    for subset in range(10):
        row = found[f"scans of subset{subset}"]
        assert row["expected"] == (89 if subset < 8 else 88)
        assert row["found"] == (subset in (1, 5))
    assert found["scans of test"] == {"what": "scans of test", "expected": 265, "found": 0}
    assert found["rows of annotations.csv"]["found"] is None
    assert found["rows of candidates.csv"]["expected"] == 551_065
    assert found["rows of candidates.csv"]["found"] == 4
    assert found["class 1 in candidates.csv"]["expected"] == 1_351
    assert found["class 1 in candidates.csv"]["found"] == 2
    strangers = found["series of candidates.csv without scan"]
    assert strangers["found"] == 8
    assert strangers["such_as"] == ["s0", "s2", "s3"]
    assert not any("V2" in name or "excluded" in name for name in found)
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 2 + len(found)
    assert [line.split()[-2:] for line in printed if "  scans  " in line] == [["888", "2"]]
    assert any("annotations.csv" in line and line.endswith("no file") for line in printed)


def test_a_second_run_changes_nothing(prepared):
    files = {path: path.read_bytes() for path in prepared.rglob("*") if path.is_file()}
    prepare_luna16(prepared.parent, prepared, workers=1)
    assert {path: path.read_bytes() for path in prepared.rglob("*") if path.is_file()} == files


def test_split_by_patient(tmp_path):
    source = tiny(tmp_path / "in")
    table = tmp_path / "patients.csv"
    table.write_text("id,patient\n" + "".join(f"s{k},p{k // 2}\n" for k in range(10)))
    options = {"split": "patients", "fractions": (0.6, 0.2, 0.2), "patients": table}
    prepare_luna16(source, tmp_path / "out", workers=1, **options)
    split_of = {scan["id"]: scan["split"] for scan in manifest(tmp_path / "out")["scans"]}
    assert set(split_of.values()) == set(SPLIT)
    assert all(split_of[f"s{k}"] == split_of[f"s{k + 1}"] for k in range(0, 10, 2))
    assert not any(name.endswith(("training", "test")) for name in differences(tmp_path / "out"))


def test_folds_keep_patients_together_and_test_each_once(tmp_path):
    source, table = tiny(tmp_path / "in"), tmp_path / "patients.csv"
    table.write_text("id,patient\n" + "".join(f"s{k},p{k // 2}\n" for k in range(10)))
    options = {"split": "patients", "patients": table, "folds": 5, "workers": 1}
    prepare_luna16(source, tmp_path / "out", **options)
    lists = [json.loads((tmp_path / f"out/datalist_fold{k}.json").read_text()) for k in range(5)]
    tested = [[item["id"] for item in listing["test"]] for listing in lists]
    assert sorted(name for each in tested for name in each) == [f"s{k}" for k in range(10)]
    assert all(len({int(name[1:]) // 2 for name in each}) == 1 for each in tested)
    with pytest.raises(UserError, match="folds: --split paper says who is tested"):
        prepare_luna16(source, tmp_path / "out", folds=5)


def test_subsets_one_folder_deeper_beside_other_scans(tmp_path):
    source = tiny(tmp_path / "in" / "LUNA16", subsets=())
    tiny(source / "subset3", subsets=(3,))
    shutil.copytree(source / "subset3" / "subset3", source / "seg-lungs-LUNA16")
    prepare_luna16(tmp_path / "in", tmp_path / "out", workers=1)
    (scan,) = manifest(tmp_path / "out")["scans"]
    assert (scan["id"], scan["facts"]["subset"], scan["split"]) == ("s3", 3, "training")
    assert len(read_marks(tmp_path / "out" / "annotations.csv")) == 1


def test_native_spacing(tmp_path):
    path = tmp_path / "in" / "subset2" / "s.mhd"
    path.parent.mkdir(parents=True)
    write_metaimage(path, small_ct(), np.diag([0.5, 0.75, 2.0, 1.0]))
    prepare_luna16(tmp_path / "in", tmp_path / "out", spacing="native", workers=1)
    (item,) = load_datalist(tmp_path / "out", "training")
    assert item["spacing_mm"] == [0.5, 0.75, 2.0]
    np.testing.assert_array_equal(open_volume(item["image"]).read_all(), small_ct())


def test_bad_input_in_one_line(tmp_path):
    source = tiny(tmp_path / "in", subsets=(0,))
    (tmp_path / "empty").mkdir()
    for folder, message in (
        (tmp_path / "none", "none: no such folder; give the folder that holds subset0"),
        (tmp_path / "empty", "empty: no .mhd file in a folder subset0 to subset9"),
    ):
        with pytest.raises(UserError, match=message):
            prepare_luna16(folder, tmp_path / "out")
    with pytest.raises(UserError, match="split: 'luna', expected paper or patients"):
        prepare_luna16(source, tmp_path / "out", split="luna")
    (source / "annotations.csv").write_text(f"{HEADER},diameter_mm\ns0,1,2,3,4\ns0,1,2,far,4\n")
    with pytest.raises(UserError, match=r"annotations\.csv: line 3, column coordZ: 'far'"):
        prepare_luna16(source, tmp_path / "out")
    (source / "annotations.csv").unlink()
    shutil.copytree(source / "subset0", source / "subset4")
    with pytest.raises(UserError, match=r"subset0/s0\.mhd and subset4/s0\.mhd are one series"):
        prepare_luna16(source, tmp_path / "out")
    assert not (tmp_path / "out").exists()
