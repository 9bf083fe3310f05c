"""Patients by names: sessions and channels are grouped, doubts stop and name the way out."""

import json
from pathlib import Path

import numpy as np
import pytest

from medssl.errors import UserError
from medssl.sources import prepare_images
from medssl.sources.pairing import Case
from medssl.sources.patient_names import _some, assign_patients, name_patients
from medssl.sources.scan import Source

from ..scans import save_nifti, small_ct
from .test_readers import save_dicom


def by_name(*stems, **options):
    return name_patients({stem: stem for stem in stems}, **options)


def prepare(folder, names=(), **options):
    """Prepare small scans of these names; patient of each id, and the manifest."""
    for number, name in enumerate(names):
        save_nifti(folder / "in" / f"{name}.nii.gz", small_ct(seed=number))
    prepare_images(folder / "in", folder / "out", spacing="native", workers=1, **options)
    manifest = json.loads((folder / "out" / "manifest.json").read_text())
    return {scan["id"]: scan["patient"] for scan in manifest["scans"]}, manifest


@pytest.mark.parametrize(
    ("stem", "patient"),
    [
        ("sub-01_ses-2_ct", "sub-01"),
        ("sub-01/ses-2/ct/sub-01_ses-2_run-1_ct", "sub-01"),
        ("derivatives/x/sub-anna/scan", "sub-anna"),
        ("P1_ses-2", "P1"),
        ("P1/ses-2/ct", "P1"),
        ("ses-2/P1", "P1"),
        ("subject-01", "subject-01"),
        ("volume-1", "volume-1"),
    ],
)
def test_subjects_and_sessions(stem, patient):
    assert by_name(stem) == {stem: patient}


def test_channels_of_nnunet():
    names = [f"case_{i}_{channel:04d}" for i in range(3) for channel in range(4)]
    assert by_name(*names) == {name: name[:-5] for name in names}
    assert by_name("case_1_0000", "case_1_0001") == {
        "case_1_0000": "case_1",
        "case_1_0001": "case_1",
    }
    assert name_patients({"7_0000": "in/7_0000", "7_0001": "in/7_0001"})["7_0000"] == "7"


@pytest.mark.parametrize("names", [[f"case_{i:04d}" for i in range(1, 7)], ["a_0000", "b_0000"]])
def test_numbers_are_no_channels(names):
    assert by_name(*names) == {name: name for name in names}


def test_channels_of_visits_leave_a_doubt():
    names = [f"c_{visit}_{channel:04d}" for visit in ("pre", "post") for channel in range(2)]
    with pytest.raises(UserError, match="c_post, c_pre may be"):
        by_name(*names)
    assert set(by_name(*names, doubts=False).values()) == {"c_pre", "c_post"}


def test_channels_and_sessions_share_a_split(tmp_path):
    names = [f"case_{i}_{channel:04d}" for i in range(5) for channel in range(2)]
    patients, manifest = prepare(tmp_path, [*names, "sub-1/ses-1/ct", "sub-1/ses-2/ct"])
    assert patients["case_3_0001"] == "case_3"
    assert patients["sub-1__ses-2__ct"] == "sub-1"
    assert manifest["summary"]["patients"] == 6
    assert len({(scan["patient"], scan["split"]) for scan in manifest["scans"]}) == 6
    assert {scan["patient_from"] for scan in manifest["scans"]} == {"name"}


def test_a_doubt_stops_before_anything_is_written(tmp_path):
    with pytest.raises(UserError, match=r"patients: case_1_post, case_1_pre ") as caught:
        prepare(tmp_path, ["case_1_pre", "case_1_post", "case_2_pre"])
    text = str(caught.value)
    assert "\n" not in text
    assert all(way in text for way in ("CSV", "'*_*'", "each"))
    assert not (tmp_path / "out").exists()


def test_what_is_no_scan_leaves_no_doubt(tmp_path):
    for i in range(3):
        mask = (small_ct(seed=i) > 0).astype("uint8")
        save_nifti(tmp_path / "in" / f"case{i}" / "mask.nii.gz", mask)
    names = [f"case{i}/ct" for i in range(3)]
    with pytest.raises(UserError, match=r"case0/ct, case0/mask.*no scan is left out with --images"):
        prepare(tmp_path, names)
    patients, _ = prepare(tmp_path, skip_broken=True)
    assert patients == {f"case{i}__ct": f"case{i}__ct" for i in range(3)}
    save_nifti(tmp_path / "in" / "case0" / "scan.nii.gz", small_ct(seed=8))
    save_nifti(tmp_path / "in" / "case0" / "scan2.nii.gz", small_ct(seed=9))
    with pytest.raises(UserError, match="case0/scan, case0/scan2 "):
        prepare(tmp_path, skip_broken=True)


def test_the_ways_out(tmp_path):
    names = ["case_1_pre", "case_1_post", "case_2_pre"]
    assert prepare(tmp_path, names, patients="*_*")[0] == {
        "case_1_pre": "case_1",
        "case_1_post": "case_1",
        "case_2_pre": "case_2",
    }
    assert prepare(tmp_path, patients="each")[0] == {name: name for name in names}
    (tmp_path / "p.csv").write_text("id,patient\ncase_1_pre,A\ncase_1_post,A\n")
    assert prepare(tmp_path, patients=tmp_path / "p.csv")[0] == {
        "case_1_pre": "A",
        "case_1_post": "A",
        "case_2_pre": "case_2_pre",
    }
    with pytest.raises(UserError, match=r"patients: 'case_1_\*' does not say whose case_2_pre"):
        prepare(tmp_path, patients="case_1_*")


def test_folders_as_patients(tmp_path):
    patients, _ = prepare(tmp_path, ["a/scan", "a/scan2", "b/scan"], patients="*/**")
    assert patients == {"a__scan": "a", "a__scan2": "a", "b__scan": "b"}


def dicom(folder, *patients):
    for number, patient in enumerate(patients):
        where = folder / "in" / f"s{number}"
        save_dicom(where, small_ct(seed=number), np.eye(4), uid=f"1.2.{number}", patient=patient)


@pytest.mark.parametrize("nobody", ["ANONYMOUS", "Anonymized^^", "", "0000", "unknown", "xxx"])
def test_a_patient_id_that_names_nobody_is_none(tmp_path, nobody):
    dicom(tmp_path, *[nobody] * 5)
    patients, manifest = prepare(tmp_path)
    assert patients == {f"s{i}": f"s{i}" for i in range(5)}
    splits = {scan["split"] for scan in manifest["scans"]}
    assert splits == {"training", "validation", "test"}
    told = [line for line in manifest["summary"]["warnings"] if line.startswith("PatientID")]
    assert len(told) == bool(nobody)
    assert all("5 scans names nobody" in line and "--patients" in line for line in told)


def test_one_patient_id_for_all_is_told(tmp_path):
    dicom(tmp_path, *["STUDY7"] * 4)
    patients, manifest = prepare(tmp_path)
    assert set(patients.values()) == {"STUDY7"}
    warnings = manifest["summary"]["warnings"]
    assert any("'STUDY7' is that of all 4 scans" in line for line in warnings)
    assert sum(line.startswith("no scan in") for line in warnings) == 2


def test_patient_ids_of_people_are_kept(tmp_path):
    dicom(tmp_path, "ANON_001", "ANON_002", "ANON_001", "Test Person 3")
    patients, manifest = prepare(tmp_path)
    assert list(patients.values()) == ["ANON_001", "ANON_002", "ANON_001", "Test Person 3"]
    assert not [line for line in manifest["summary"]["warnings"] if "PatientID" in line]


def test_folders_decide_where_dicom_names_nobody(tmp_path):
    for visit in ("pre", "post"):
        where = tmp_path / "in" / f"p1_{visit}"
        array = small_ct(seed=len(visit))
        save_dicom(where, array, np.eye(4), uid=f"1.{len(visit)}", patient="anon")
    with pytest.raises(UserError, match="p1_post, p1_pre may be scans of one patient"):
        prepare(tmp_path)
    assert set(prepare(tmp_path, patients="*_*")[0].values()) == {"p1"}


def test_a_case_that_cannot_be_used_leaves_no_doubt():
    """Its fault is the message, whose patient it would be is not asked."""
    scans = [Source(f"{name}.nii", Path(f"{name}.nii"), ()) for name in ("p1/t1", "p1/t1ce")]
    whole = Case("p1", scans[0])
    with pytest.raises(UserError, match=r"channels of a case are joined by --images 't1="):
        assign_patients([whole, Case("p1__ce", scans[1])], None)
    broken = Case("p1__ce", scans[1], fault="its case p1__ce has no flair")
    assert [case.patient for case in assign_patients([whole, broken], None)] == ["p1", None]
    assert [c.patient for c in assign_patients([whole, broken], "*/t1.nii")] == ["p1", None]


def test_up_to_three_names_are_told():
    assert _some(["a", "b", "c"]) == "a, b, c"
    assert _some(list("abcde")) == "a, b, c and 2 more"
