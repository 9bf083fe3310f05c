"""Equal scans and patients are told from equal names."""

import pytest

from medssl.transfer.overlaps import find_overlaps

UID = "1.3.6.1.4.1.14519.5.2.1.6279.6001.1"


def item(name, patient=None, said_by="header", sha=None, **more):
    said_by = said_by if patient else "name"
    sha = sha or f"of {name}"
    return {
        "id": name,
        "patient": patient or name,
        "patient_from": said_by,
        "scan_sha256": sha,
        **more,
    }


def seen(*items):
    return {"training": list(items)}


def reasons(found):
    return [one.reason.removesuffix(", in its training") for one in found]


@pytest.mark.parametrize(
    ("one", "other", "reason"),
    [
        (item("liver_3", sha="1"), item("volume-3", sha="1"), "the same scan"),
        (item("a", published="LiTS case 3"), item("b", published="LiTS case 3"), "LiTS case 3"),
        (item("a", published=f"series {UID}"), item("b", published=f"series {UID}"), UID),
        (item("a", "LIDC-IDRI-0001"), item("b", "LIDC-IDRI-0001"), "patient LIDC-IDRI-0001"),
        (item("a", "P7", "table"), item("b", "P7", "publisher"), "patient P7"),
        (item("P7", "P7"), item("again", "P7"), "patient P7"),
    ],
)
def test_what_is_the_same(one, other, reason):
    overlaps, namesakes = find_overlaps(seen(item("x"), one), [item("y"), other])
    (found,) = reasons(overlaps)
    assert found.endswith(reason)
    assert namesakes == ()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (item("liver_0", sha="1"), item("liver_0", sha="2")),
        (item("a", "sub-1", "name"), item("b", "sub-1", "name")),
        *(
            (item("a", nobody), item("b", nobody))
            for nobody in ("ANONYMOUS", "anon", "0", "1", "P", "Patient", "000", "Anon^12", "N/A")
        ),
    ],
)
def test_what_shares_only_a_name(one, other):
    overlaps, namesakes = find_overlaps(seen(item("x"), one), [item("y"), other])
    assert overlaps == ()
    assert [found.case for found in namesakes] == [other["id"]]


def test_an_empty_patient_is_nobody():
    nobody = {"id": "a", "patient": "", "patient_from": "header", "scan_sha256": "1"}
    other = {**nobody, "id": "b", "scan_sha256": "2"}
    assert find_overlaps(seen(nobody), [other]) == ((), ())


def test_patients_are_compared_where_voxels_are_unknown():
    known = {"id": "a", "patient": "A123", "patient_from": "table"}
    assert reasons(find_overlaps(seen(known), [item("b", "A123")])[0]) == ["patient A123"]


def test_one_id_for_every_scan_is_no_patients():
    everywhere = [item(name, "HOSPITAL", sha=name) for name in "abc"]
    overlaps, namesakes = find_overlaps(seen(*everywhere), [item("z", "HOSPITAL")])
    assert (overlaps, len(namesakes)) == ((), 1)
    mixed = [*everywhere, item("d", "OTHER")]
    assert reasons(find_overlaps(seen(*mixed), [item("z", "HOSPITAL")])[0]) == ["patient HOSPITAL"]


def test_a_series_uid_that_several_scans_bear_says_nothing():
    one, other, third = (item(name, published="series 1.2.3.4.5.6.7") for name in "abc")
    assert find_overlaps(seen(one, other), [third])[0] == ()
    assert find_overlaps(seen(one), [third], [other, third])[0] == ()
    assert len(find_overlaps(seen(one), [third])[0]) == 1


def test_running_numbers_count_within_one_source():
    before = seen(item("a", "7", sha="1"), item("b", "12", sha="2"))
    tested = [item("c", "7", sha="3")]
    assert find_overlaps(before, tested)[0] == ()
    listed = [item("renamed", "12", sha="2")]  # the same scan of the same patient: one source
    assert reasons(find_overlaps(before, tested, listed)[0]) == ["patient 7"]
    nobody = seen(item("a", "ANON", sha="1"), item("b", "7", sha="2"))
    assert find_overlaps(nobody, tested, [item("r", "ANON", sha="1")])[0] == ()


def test_patients_of_file_names_count_within_one_source():
    before = seen(*(item(name, f"sub-{name}", "name", sha=name) for name in "ab"))
    tested = [item("c", "sub-a", "name", sha="c")]
    assert find_overlaps(before, tested)[0] == ()
    listed = [item("renamed", "sub-b", "name", sha="b")]
    assert reasons(find_overlaps(before, tested, listed)[0]) == ["patient sub-a"]


def test_a_case_named_alike_is_no_patient_even_in_one_source():
    before = seen(item("liver_0", sha="1"), item("liver_1", sha="2"))
    listed = [item("liver_1", sha="2")]
    overlaps, namesakes = find_overlaps(before, [item("liver_0", sha="9")], listed)
    assert (overlaps, len(namesakes)) == ((), 1)
