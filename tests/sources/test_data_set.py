"""What every preparation of scans shares: who is where, what is asked, what is refused."""

import json
from pathlib import Path

import numpy as np
import pytest

from medssl.errors import UserError
from medssl.sources.data_set import Asked, prepare_data_set
from medssl.sources.pairing import Case, find_cases
from medssl.sources.scan import Source

from ..scans import save_nifti, small_ct

HALVES = (0.5, 0.25, 0.25)


@pytest.fixture
def source(tmp_path):
    for number in range(6):
        save_nifti(tmp_path / "in" / f"{number}.nii.gz", small_ct((8, 8, 8), number))
    return tmp_path / "in"


def prepare(source, cases, out, **asked):
    asked = {"spacing": None, "workers": 1, "fractions": HALVES, **asked}
    path = prepare_data_set(source, cases, out, Asked(**asked))
    manifest = json.loads((path.parent / "manifest.json").read_text())
    return {scan["id"]: scan for scan in manifest["scans"]}, manifest


def published(source, patients, splits, **more):
    cases = {case.id: case for case in find_cases(source)}
    return [
        Case(name, cases[name].image, None, patient, split, more.get(name, {}), "publisher")
        for name, patient, split in zip(sorted(cases), patients, splits, strict=True)
    ]


def test_published_splits_stand_and_the_rest_is_drawn_by_patient(source, tmp_path):
    splits = ["training", "test", "unused", None, None, None]
    cases = published(source, ["p", "q", "r", "s", "s", "t"], splits, **{"1": {"subset": 3}})
    scans, _ = prepare(source, cases, tmp_path / "out")
    assert [scans[str(n)]["split"] for n in range(3)] == splits[:3]
    assert scans["3"]["split"] == scans["4"]["split"]
    assert all(scans[str(n)]["split"] in ("training", "validation", "test") for n in (3, 4, 5))
    assert {scan["patient_from"] for scan in scans.values()} == {"publisher"}
    assert [scans[name].get("facts") for name in "01"] == [None, {"subset": 3}]
    assert not any("header_patient" in scan for scan in scans.values())


def test_another_seed_draws_another_split_and_the_same_seed_the_same(source, tmp_path):
    def splits(seed):
        scans, _ = prepare(source, find_cases(source), tmp_path / "out", seed=seed)
        return [scans[name]["split"] for name in sorted(scans)]

    first = splits(0)
    assert splits(0) == first
    assert any(splits(seed) != first for seed in range(1, 6))


def test_scans_beside_other_files_are_named_by_a_pattern(tmp_path):
    for case in "ab":
        save_nifti(tmp_path / "in" / case / "ct.nii.gz", small_ct(seed=ord(case)))
        save_nifti(tmp_path / "in" / case / "mask.nii.gz", np.ones((12, 10, 8), np.uint8))
    with pytest.raises(UserError, match=r"; name the scans alone with --images '\*/ct\.nii\.gz'"):
        prepare(tmp_path / "in", find_cases(tmp_path / "in"), tmp_path / "out")


def test_broken_scans_stop_all_of_it_or_are_left_out_by_name(source, tmp_path):
    (source / "7.nii.gz").write_bytes(b"")
    for number in range(8, 15):
        (source / f"{number:02}.nii.gz").write_bytes(b"no scan")
    out = tmp_path / "out"
    with pytest.raises(UserError) as caught:
        prepare(source, find_cases(source), out)
    message = str(caught.value)
    assert message.startswith(f"{source}: 8 unusable scan(s): ")
    assert message.endswith("; and 3 more; remove them or add --skip-broken")
    assert "\n" not in message
    assert not (out / "datalist.json").exists()
    scans, manifest = prepare(source, find_cases(source), out, skip_broken=True)
    assert sorted(scans) == [str(number) for number in range(6)]
    assert len(manifest["skipped"]) == 8
    assert all(each["reason"] for each in manifest["skipped"])


def test_where_no_scan_is_left_skipping_is_no_way_out(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.nii").write_bytes(b"no scan")
    cases = find_cases(tmp_path / "in")
    with pytest.raises(UserError, match=r"1 unusable scan.*; no scan is left$"):
        prepare(tmp_path / "in", cases, tmp_path / "out", skip_broken=True)


def test_folds_test_every_patient_once(source, tmp_path):
    cases = published(source, list("ppqrst"), [None] * 6)
    prepare(source, cases, tmp_path / "out", folds=5)
    lists = [
        json.loads((tmp_path / "out" / f"datalist_fold{fold}.json").read_text())
        for fold in range(5)
    ]
    tested = [patient for each in lists for patient in {i["patient"] for i in each["test"]}]
    assert sorted(tested) == list("pqrst")


def test_what_lay_there_before_and_belongs_to_nobody_goes_when_lists_are_written(source, tmp_path):
    out = tmp_path / "out"
    prepare(source, find_cases(source), out)
    (source / "5.nii.gz").unlink()
    (out / "volumes" / ".x.b2nd.999999999.tmp").write_bytes(b"of a process that is gone")
    scans, _ = prepare(source, find_cases(source), out)
    assert sorted(path.stem for path in (out / "volumes").iterdir()) == sorted(scans)
    assert "5" not in scans


def test_a_file_in_the_place_of_the_output_is_kept(source, tmp_path):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(UserError, match="out: not a folder; choose another --output"):
        prepare(source, find_cases(source), tmp_path / "out")
    assert (tmp_path / "out").read_text() == "mine"


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"workers": 0}, "workers: 0, expected a number of processes"),
        ({"workers": 1.5}, "workers: 1.5"),
        ({"workers": "two"}, "workers: 'two'"),
        ({"seed": "abc"}, "seed: 'abc', expected a whole number"),
        ({"seed": True}, "seed: True"),
        ({"seed": np.float64(1)}, "seed: "),
    ],
)
def test_options_of_another_kind_are_named(asked, message):
    with pytest.raises(UserError, match=message):
        Asked(**asked)


def test_the_task_says_what_comes_next(source, tmp_path):
    label = np.zeros((8, 8, 8), np.uint8)
    label[2:5, 2:5, 2:5] = 1
    images = find_cases(source)
    seg = save_nifti(tmp_path / "seg" / "0.nii.gz", label)
    labelled = Case("0", images[0].image, Source("seg/0.nii.gz", Path(seg), (Path(seg),)))
    asked = Asked(spacing=None, workers=1, fractions=(1.0, 0.0, 0.0))
    path = prepare_data_set(
        source, [labelled], tmp_path / "out", asked, {1: "liver"}, "liver_ct_segmentation"
    )
    assert json.loads(path.read_text())["labels"] == {"0": "background", "1": "liver"}
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert "liver_ct_segmentation" in json.dumps(manifest["summary"]["next"])


def test_ids_that_differ_in_letter_case_alone_are_refused(tmp_path):
    """Many file systems take their files for one."""
    path = save_nifti(tmp_path / "a.nii.gz", small_ct())
    cases = [Case(name, Source(f"{name}.nii.gz", path, (path,))) for name in ("a", "A")]
    with pytest.raises(UserError, match=r"a.nii.gz and A.nii.gz are both called A; rename"):
        prepare_data_set(tmp_path, cases, tmp_path / "out", Asked())
