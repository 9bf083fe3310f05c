"""What an audit says of each generation, and what it adds up to."""

from medssl.transfer.ancestry import Generation
from medssl.transfer.audit_report import AuditReport, GenerationReport, compare
from medssl.transfer.overlaps import Overlap


def item(name, patient=None, **more):
    return {
        "id": name,
        "patient": patient or name,
        "patient_from": "header" if patient else "name",
        "scan_sha256": f"of {name}",
        **more,
    }


def overlaps(*names):
    return tuple(Overlap(name, "the same scan") for name in names)


def test_every_generation_is_compared_and_counted_apart():
    generations = [
        Generation("own", "1", {"training": [item("a"), item("b")], "validation": [{"id": "r"}]}),
        Generation("foreign.pt", "2", None),
        Generation("older", "3", {"training": [item("c", "Q123")]}),
        Generation("untrained", "4", {}),
    ]
    tested = [item("b", split="test"), item("x", "Q123"), {"id": "raw", "image": "raw.nii"}]
    report = compare(generations, tested)
    own, foreign, older, untrained = report.generations
    assert (report.split, report.tested, report.nameless) == ("test", 3, 1)
    assert (own.seen, own.unknown, [one.case for one in own.overlaps]) == (3, 1, ["b"])
    assert foreign == GenerationReport("foreign.pt", None)
    assert [(one.case, one.reason) for one in older.overlaps] == [
        ("x", "patient Q123, in its training")
    ]
    assert untrained == GenerationReport("untrained", 0)
    assert report.seen is None
    assert report.unknown == ("own", "foreign.pt")
    assert [one.case for one in report.overlaps] == ["b", "x"]


def test_other_splits_tell_whether_two_lists_come_from_one_source():
    """A name for a patient counts where an equal scan has the same one."""
    before = Generation("own", "1", {"training": [item("a", "7"), item("b", "12")]})
    tested, listed = [item("c", "7")], [item("b", "12")]
    assert compare([before], tested).overlaps == ()
    assert [one.case for one in compare([before], tested, listed).overlaps] == ["c"]


def test_a_scan_that_two_generations_saw_counts_once_and_their_scans_add_up():
    first = GenerationReport("own", 4, overlaps=overlaps("a", "b"))
    report = AuditReport("test", 5, (first, GenerationReport("old", 3, overlaps=overlaps("b"))))
    assert [one.case for one in report.overlaps] == ["a", "b"]
    assert (report.seen, report.unknown) == (7, ())
    grown = AuditReport("test", 5, (*report.generations, GenerationReport("untrained", 0)))
    assert grown.seen == 7
    assert len(grown.lines()) == 3


def test_lines_say_it_in_order_and_overlaps_alone_on_request():
    report = AuditReport(
        "test",
        9,
        (
            GenerationReport("own", 4, 2, overlaps("a", "b", "c", "d"), overlaps("e")),
            GenerationReport("lost.pt", None),
            GenerationReport("clean", 3),
        ),
        nameless=1,
    )
    found = "4 of 9 test scans overlap with the 4 scans of own: " + "".join(
        f"{name} (the same scan); " for name in "abc"
    )
    assert report.lines() == [
        f"{found}and 1 more",
        "own: 2 of its scans cannot be compared: not prepared",
        "warning: 1 of 9 test scans share only a name with other scans of own: e (the same scan)",
        "lost.pt: no provenance.json that says where these weights come from, so whether they saw "
        "the 9 test scans cannot be checked",
        "0 of 9 test scans overlap with the 3 scans of clean",
        "1 of the tested scans cannot be compared: not prepared",
    ]
    assert report.lines(overlaps_only=True) == [f"{found}and 1 more"]
    assert str(report) == "\n".join(report.lines())
