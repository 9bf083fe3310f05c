"""Whose scan is whose, who says so, and that one scan is never in two splits."""

import json

import numpy as np
import pytest

from medssl.sources import prepare_images
from medssl.sources.pairing import Case
from medssl.sources.patients import Patient, describe_twins, find_patients
from medssl.sources.readers import Source

from ..scans import save_nifti, small_ct


def case(name, patient=None, patient_from="table", split=None):
    return Case(name, Source(f"{name}.nii", None, ()), None, patient, split, {}, patient_from)


def patients(*cases, header=None, sha=None):
    records = [
        {
            "id": one.id,
            "header_patient": (header or {}).get(one.id),
            "scan_sha256": (sha or {}).get(one.id, one.id),
        }
        for one in cases
    ]
    return find_patients({one.id: one for one in cases}, records)


def test_who_says_whose_scan_it_is():
    found = patients(case("a", "P"), case("b"), case("c"), header={"a": "H", "b": "H"})
    expected = {"a": Patient("P", "table"), "b": Patient("H", "header"), "c": Patient("c", "name")}
    assert found == expected
    assert patients(case("d", "sub-1", "name"))["d"] == Patient("sub-1", "name")


def test_patients_of_equal_scans_are_one():
    cases = [case("a", "P"), case("b"), case("c", "P"), case("d", "Q"), case("e")]
    found = patients(*cases, sha={"a": "1", "b": "1", "d": "2", "e": "2", "c": "3"})
    assert {name: patient.name for name, patient in found.items()} == {
        **dict.fromkeys("abc", "P"),
        **dict.fromkeys("de", "Q"),
    }
    assert found["b"].known_from == "name"


def test_what_the_publisher_put_into_two_splits_is_said():
    splits = {"a": "training", "b": "test", "c": "training", "d": "unused"}
    lines = describe_twins([["a", "b"], ["c", "d"]], splits)
    assert lines == [
        "2 scan(s) are there more than once: a = b; c = d",
        "1 scan(s) are in two splits, as published: a (training) = b (test)",
    ]
    assert describe_twins([], splits) == []


def test_a_scan_under_two_names_stays_in_one_split(tmp_path):
    for number in range(12):
        save_nifti(tmp_path / "in" / f"volume-{number}.nii", small_ct(seed=number))
        copy = small_ct(seed=number).astype("float32")
        save_nifti(tmp_path / "in" / f"liver_{number}.nii.gz", copy)
    prepare_images(tmp_path / "in", tmp_path / "out", spacing="native", workers=1)
    listing = json.loads((tmp_path / "out" / "datalist.json").read_text())
    places: dict[str, set[str]] = {}
    for split in ("training", "validation", "test"):
        for item in listing[split]:
            places.setdefault(item["scan_sha256"], set()).add(split)
            assert item["patient_from"] == "name"
    assert len(places) == 12
    assert all(len(splits) == 1 for splits in places.values())
    (line, *_) = json.loads((tmp_path / "out" / "manifest.json").read_text())["summary"]["warnings"]
    assert line.startswith("12 scan(s) are there more than once: liver_0 = volume-0")


@pytest.mark.parametrize("seed", range(20))
def test_groups_of_equal_scans_join_patients_as_one_after_the_other_would(seed):
    """Scans that are there twice, of patients with several: names spread along the chain."""
    rng = np.random.default_rng(seed)
    who = ["table", "publisher", "name"]
    cases = [case(f"c{n:02}", f"P{rng.integers(12)}", who[rng.integers(3)]) for n in range(30)]
    hashes = {one.id: str(rng.integers(20)) for one in cases}
    found = patients(*cases, sha=hashes)
    expected = {one.id: Patient(one.patient, one.patient_from) for one in cases}
    for sha in dict.fromkeys(hashes.values()):
        group = sorted(name for name in hashes if hashes[name] == sha)
        joined = {expected[name].name for name in group}
        best = min((expected[n] for n in group), key=lambda p: (who.index(p.known_from), p.name))
        for name, patient in expected.items():
            if len(group) > 1 and patient.name in joined:
                expected[name] = Patient(best.name, patient.known_from)
    assert found == expected
