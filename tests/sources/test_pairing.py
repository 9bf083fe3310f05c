"""Glob patterns, ids and pairs of image and label: what is a case, and what is refused."""

import pytest

from medssl.errors import UserError
from medssl.sources.pairing import Case, check_patients, find_cases, read_patients


def test_labels_join_images_of_equal_id_and_are_no_images_themselves(folder):
    scans = folder("a/ct.nii", "b/ct.nii", "a/seg.nii.gz", "b/other.nii")
    cases = find_cases(scans, images="*/ct.nii", labels="*/seg.nii.gz")
    assert [(case.id, case.image.name, case.label and case.label.name) for case in cases] == [
        ("a", "a/ct.nii", "a/seg.nii.gz"),
        ("b", "b/ct.nii", None),
    ]


def test_without_a_pattern_the_path_is_the_id_and_labels_are_left_out(folder):
    scans = folder("p 1/ct.nii", "p2.nii.gz", "seg/p2.nii")
    cases = find_cases(scans, labels="seg/*.nii")
    assert [(case.id, case.label and case.label.name) for case in cases] == [
        ("p2", "seg/p2.nii"),
        ("p__1__ct", None),
    ]


def test_ids_are_short_enough_and_stay_different(folder):
    names = ["x" * 200 + f"{n}" for n in range(3)]
    ids = [case.id for case in find_cases(folder(*(f"{name}.nii" for name in names)))]
    assert len(set(ids)) == 3
    assert all(len(name.encode()) <= 160 for name in ids)
    again = [case.id for case in find_cases(folder("a.nii"))]
    assert set(ids) < set(again), "an id must not depend on the other files"


@pytest.mark.parametrize(
    ("files", "patterns", "message"),
    [
        ((), {}, "no scan in it"),
        (("a.nii",), {"images": "a.nii"}, "images: 'a.nii' has no *"),
        (("a.nii",), {"images": "b*.nii"}, "nothing in .* matches 'b"),
        (("a.nii",), {"labels": "b*.nii"}, "labels: nothing in .* matches"),
        (("i/a.nii", "l/b.nii"), {"images": "i/*.nii", "labels": "l/*.nii"}, "no image has the id"),
        (("x/a.nii", "y/a.nii"), {"images": "**/*.nii"}, "both have the id 'a'"),
        (("ct.nii",), {"images": "ct*.nii"}, "the last . matches nothing in ct.nii"),
        (("Ab.nii", "aB.nii"), {}, "differ only in the case"),
        (
            ("i/a.nii", "l/a.nii"),
            {"images": "i/a.nii*", "labels": "l/*.nii"},
            "the last . matches nothing in i/a.nii",
        ),
        (("\u00e9.nii", "e\u0301.nii"), {}, "the encoding of their letters"),
    ],
)
def test_what_is_no_clear_case_is_one_line(files, patterns, message, folder, tmp_path):
    (tmp_path / "scans").mkdir()
    with pytest.raises(UserError, match=message) as caught:
        find_cases(folder(*files), **patterns)
    assert "\n" not in str(caught.value)


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UserError, match="gone: no such folder"):
        find_cases(tmp_path / "gone")


def table(path, text):
    path.write_bytes(text)
    return path


def test_patients_are_read_with_the_mark_that_spreadsheets_write(tmp_path):
    path = table(tmp_path / "p.csv", b"\xef\xbb\xbfid,patient,age\na,P,3\nb,P,4\na,P,3\n")
    assert read_patients(path) == {"a": "P", "b": "P"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"id;patient\na;P\n", "expected id,patient"),
        (b"", "expected id,patient"),
        (b"id,patient\na,P\na,Q\n", "gives a two patients"),
        (b"id,patient\na,P\n\xe9,Q\n", "is not readable .*; save it as CSV UTF-8"),
        (b'id,patient\n"a,P\nb,Q\n', "is not readable"),
        (b"id,patient\na,P\nb\n", "line 3: expected 2 cells"),
        (b"id,patient\na,P,7\n", "line 2: expected 2 cells"),
        (b"id,patient\na,P\nb,\n", "line 3: expected 2 cells"),
    ],
)
def test_tables_that_do_not_say_whose_scan_it_is_are_refused(text, message, tmp_path):
    with pytest.raises(UserError, match=message):
        read_patients(table(tmp_path / "p.csv", text))
    with pytest.raises(UserError, match="is no file"):
        read_patients(tmp_path / "gone.csv")


def test_ids_of_a_table_that_are_no_case_are_shown_beside_those_that_are():
    cases = [Case(name, None) for name in "ab"]
    check_patients({"a": "P"}, cases)
    with pytest.raises(UserError, match="ids c are no case; the ids here are a, b"):
        check_patients({"a": "P", "c": "Q"}, cases)
