"""What preparation tells: a table in 80 columns, the same facts in the manifest."""

import json
import shlex

import numpy as np
import pytest

from medssl.prepare import Prepare
from medssl.sources.summary import (
    describe_summary,
    next_commands,
    size_warnings,
    split_warnings,
    summarise,
)
from medssl.store.case_table import CaseRow

from ..scans import save_nifti, small_ct


def record(name, split="training", label=False, patient=None, spacing=(1.0, 1.0, 1.0), values=(1,)):
    plain = {"id": name, "patient": patient or name, "patient_from": "name", "split": split}
    found = {str(value): 9 for value in (0, *values)}
    labelled = {"label_source": "x", "voxels_per_label": found} if label else {}
    return {**plain, "spacing_mm": list(spacing), **labelled}


def save(folder, count, labelled=()):
    for i in range(count):
        save_nifti(folder / f"case{i}" / "ct.nii.gz", small_ct(seed=i))
        if i in labelled:
            mask = (small_ct(seed=i) > 0).astype("uint8")
            save_nifti(folder / f"case{i}" / "mask.nii.gz", mask)


def prepare(folder, **options):
    (folder / "out").mkdir(exist_ok=True)
    patterns = {"images": "*/ct.nii.gz", "labels": "*/mask.nii.gz"}
    options = {"spacing": "native", "workers": 1, **patterns, **options}
    Prepare().images(str(folder / "in"), str(folder / "out"), **options)
    return json.loads((folder / "out" / "manifest.json").read_text())["summary"]


def row(text, name):
    (line,) = [line.split() for line in text.splitlines() if line.startswith(f"{name} ")]
    return [int(word) for word in line[1:]]


def test_the_table_at_the_end(tmp_path, capsys, monkeypatch):
    save(tmp_path / "in", 12, labelled=range(6))
    save_nifti(tmp_path / "in" / "case8" / "ct.nii.gz", small_ct() * 0)
    save_nifti(tmp_path / "in" / "case9" / "ct.nii.gz", small_ct() * 0)
    monkeypatch.chdir(tmp_path)
    summary = prepare(tmp_path, skip_broken=True)
    text = capsys.readouterr().out
    assert row(text, "all") == [10, 10, 6]
    rows = [row(text, split) for split in ("training", "validation", "test")]
    assert [sum(column) for column in zip(*rows)] == [10, 10, 6]
    assert rows == [list(summary["splits"][s].values()) for s in summary["splits"]]
    assert all(counts[2] > 0 for counts in rows)
    assert "voxel size  1 x 1 x 1 mm" in text
    assert "left out    2 scan(s)" in text
    for name in ("case8", "case9"):
        assert f"{name}/ct.nii.gz: " in text
    left_out = [scan["source"] for scan in summary["left_out"]]
    assert left_out == ["case8/ct.nii.gz", "case9/ct.nii.gz"]
    assert "labels: 4 of 10 scans have none: case10, case11, case6, case7" in text
    lines = [line for line in text.splitlines() if str(tmp_path) not in line]
    assert max(map(len, lines)) <= 80
    for what in ("pretrain", "fine-tune"):
        words = shlex.split(" ".join(summary["next"][what]), comments=True)
        assert words[:4] == ["python", "-m", "monai.bundle", "run"]
        assert words[words.index("--dataset_dir") + 1] == str(tmp_path / "out")


def test_two_labelled_scans_are_told_what_is_missing(tmp_path):
    save(tmp_path / "in", 2, labelled=range(2))
    summary = prepare(tmp_path)
    assert [summary["splits"][s]["scans"] for s in ("training", "validation", "test")] == [1, 1, 0]
    (empty,) = [line for line in summary["warnings"] if line.startswith("no scan in test")]
    assert "too few" in empty
    assert any("--folds" in line for line in summary["warnings"])


def test_folds_are_data_lists_by_patient(tmp_path):
    save(tmp_path / "in", 6, labelled=range(6))
    summary = prepare(tmp_path, folds=3)
    assert not any("--folds" in line for line in summary["warnings"])
    tested = []
    for fold in range(3):
        listing = json.loads((tmp_path / "out" / f"datalist_fold{fold}.json").read_text())
        assert listing["fold"] == fold
        assert sum(len(listing[s]) for s in ("training", "validation", "test")) == 6
        tested += [item["id"] for item in listing["test"]]
    assert sorted(tested) == [f"case{i}" for i in range(6)]
    prepare(tmp_path, folds=2)
    assert not (tmp_path / "out" / "datalist_fold2.json").exists()
    prepare(tmp_path)
    assert not list((tmp_path / "out").glob("datalist_fold*"))


@pytest.mark.parametrize(
    ("records", "fractions", "expected"),
    [
        ([record("a"), record("b", "validation")], (0.7, 0.1, 0.2), ["no scan in test", "only 2"]),
        (
            [record(str(i), s) for i, s in enumerate(["training", "test"] * 6)],
            (0.8, 0, 0.2),
            ["no scan in validation: its share in --fractions is 0"],
        ),
        ([record("a")], None, ["no scan in validation: none of its published", "no scan in test"]),
        (
            [
                record(str(i), s, i == 0)
                for i, s in enumerate(["training", "validation", "test"] * 4)
            ],
            (0.7, 0.1, 0.2),
            ["labels: 11 of 12", "no labelled scan in validation", "no labelled scan in test"],
        ),
        (
            [record(str(i), s, True) for i, s in enumerate(["training", "validation", "test"] * 4)],
            (0.7, 0.1, 0.2),
            [],
        ),
    ],
)
def test_warnings(records, fractions, expected):
    lines = split_warnings(records, fractions, None)
    assert len(lines) == len(expected)
    assert all(line.startswith(start) for line, start in zip(lines, expected))


def test_the_next_command_is_for_what_there_is(tmp_path):
    folder = tmp_path / "with space"
    plain, labelled = record("a"), record("b", label=True)
    assert list(next_commands(folder, [plain], "task", None)) == ["pretrain"]
    assert list(next_commands(folder, [labelled], "task", None)) == ["fine-tune"]
    planned = next_commands(folder, [labelled], "volume_segmentation", None)
    assert list(planned) == ["plan", "fine-tune"]
    assert planned["plan"] == [f"medssl plan '{folder}'"]
    planned = next_commands(folder, [labelled], "volume_segmentation", 3)
    assert planned["plan"] == [f"medssl plan '{folder}' --fold 0  # to 2"]
    both = next_commands(folder, [plain, labelled], "task", 3)
    assert list(both) == ["pretrain", "fine-tune"]
    assert "--bundle_root bundles/task" in both["fine-tune"]
    assert f"--dataset_dir '{folder}'" in both["pretrain"]
    assert both["fine-tune"][-1].startswith("--fold 0")


def test_unused_scans_and_several_voxel_sizes_are_shown(tmp_path):
    records = [record("a", spacing=(0.5, 0.5, 1.0)), record("b", "unused", spacing=(0.5, 0.5, 2.5))]
    text = describe_summary(tmp_path, summarise(records, [], ["a long line " * 12], {}))
    assert row(text, "unused") == [1, 1, 0]
    assert "0.5 x 0.5 x 1-2.5 mm" in text
    assert max(len(line) for line in text.splitlines()[1:]) <= 80


def test_classes_of_a_table_are_counted_by_split(tmp_path):
    """A row is a scan or a region; channels of a case count once."""
    channels = [
        {**record(f"c_{n:04d}", "test", patient="c"), "facts": {"case": "c", "channel": n}}
        for n in range(2)
    ]
    records = [record("a"), record("b", label=True), record("d"), *channels]
    named = ("a", "benign"), ("b", "benign"), ("b", "grave"), ("c", "grave"), ("gone", "grave")
    rows = [CaseRow(case, label, None, 2) for case, label in named]
    summary = summarise(records, [], [], {}, rows)
    assert summary["classes"] == {"benign": {"training": 2}, "grave": {"training": 1, "test": 1}}
    text = describe_summary(tmp_path, summary)
    assert "scans   patients   labelled classified" in text
    assert row(text, "training") == [3, 3, 1, 2]
    assert row(text, "test") == [2, 1, 0, 1]
    assert row(text, "all") == [5, 4, 1, 3]
    told = "benign 2 + 0 + 0, grave 1 + 0 + 1 (rows, as training + validation + test)"
    assert told in " ".join(text.split())
    assert "classified" not in describe_summary(tmp_path, summarise(records, [], [], {}))


@pytest.mark.parametrize(
    ("sizes", "told"),
    [
        ([(1.0, 1.0, 1.0)] * 3, ""),
        ([(0.7, 0.7, 1.25), (0.75, 0.75, 1.25), (0.8, 0.8, 1.4)], ""),
        ([(0.7, 0.7, 1.25), (0.7, 0.7, 2.5), (0.8, 0.8, 5)], "0.7 to 0.8 x 0.7 to 0.8 x 1.25 to 5"),
    ],
)
def test_voxel_sizes_that_differ_are_told_with_one_for_all(sizes, told):
    lines = size_warnings([{"spacing_mm": size} for size in sizes])
    assert len(lines) == bool(told)
    for line in lines:
        assert f"voxel sizes differ, {told} mm" in line
        assert "--spacing 0.7,0.7,2.5 " in line


def test_native_voxels_that_differ_are_told_and_one_size_is_silent(tmp_path):
    for number, depth in enumerate((1.0, 3.0)):
        image = small_ct((16, 16, 12), number)
        save_nifti(tmp_path / "in" / f"c{number}.nii.gz", image, np.diag([1, 1, depth, 1]))
    told = []
    for spacing in (1.0, "native"):
        output = tmp_path / str(spacing)
        Prepare().images(tmp_path / "in", output, spacing=spacing, patients="each")
        summary = json.loads((output / "manifest.json").read_text(encoding="utf-8"))["summary"]
        told.append([line for line in summary["warnings"] if "voxel sizes differ" in line])
    assert [len(lines) for lines in told] == [0, 1]
