"""Scans and readings are joined by series UID; who says whose a scan is."""

from pathlib import Path

import pytest

from medssl.errors import UserError
from medssl.sources.lidc.cases import cases_of, join_annotated, patients_of
from medssl.sources.lidc.contours import Reading
from medssl.sources.lidc.masks import Labelled
from medssl.sources.patients import Patient
from medssl.sources.scan import Source


def scan(uid):
    return Source(f"{uid}.mhd", Path(f"{uid}.mhd"), ())


def test_scans_with_annotations_stay_in_order_of_their_uids(tmp_path):
    found = {uid: scan(uid) for uid in ("c", "a", "b")}
    readings = {uid: Reading(uid, ()) for uid in ("d", "c", "a")}
    assert list(join_annotated(tmp_path, found, readings).items()) == [
        ("a", found["a"]),
        ("c", found["c"]),
    ]
    with pytest.raises(UserError, match=r"none of its 3 scans.*any of the 1 annotated ones"):
        join_annotated(tmp_path, found, {"d": readings["d"]})


@pytest.mark.parametrize(
    ("table", "publisher", "header", "patient"),
    [
        ("t", "p", "h", Patient("t", "table")),
        (None, "p", "h", Patient("p", "publisher")),
        ("", None, "h", Patient("h", "header")),
        (None, None, None, None),
    ],
)
def test_the_table_is_believed_before_the_publisher_and_the_header(
    table, publisher, header, patient
):
    labelled = {"a": Labelled(scan("a"), patient=header)}
    readings = {"a": Reading("a", (), publisher)}
    patient_of = {} if table is None else {"a": table}
    assert patients_of(labelled, readings, patient_of) == {"a": patient}


def test_a_case_names_its_nodules_from_one_and_an_unknown_patient_by_its_scan():
    label = scan("mask")
    labelled = {"a": Labelled(scan("a"), label, readers=(4, 3)), "b": Labelled(scan("b"))}
    whose = {"a": Patient("p", "table"), "b": None}
    first, second = cases_of(labelled, whose, {"a": "test"})
    assert (first.id, first.image, first.label) == ("a", labelled["a"].source, label)
    assert (first.patient, first.patient_from, first.split) == ("p", "table", "test")
    nodules = [{"label": 1, "readers": 4}, {"label": 2, "readers": 3}]
    assert first.facts == {"series_uid": "a", "nodules": nodules}
    assert (second.patient, second.patient_from, second.split) == ("b", "name", None)
    assert (second.label, second.facts["nodules"]) == (None, [])
