"""Each way in which a copy is not the published collection has its line, and the rest none."""

from pathlib import Path

from medssl.sources.lidc.contours import Reading
from medssl.sources.lidc.differences import (
    LUNA16_NODULES,
    NODULES,
    PATIENTS,
    SCANS,
    list_differences,
)
from medssl.sources.lidc.masks import Labelled
from medssl.sources.pairing import Case
from medssl.sources.scan import Source

SOURCE = Source("a", Path("a"), ())


def case(uid, split):
    return Case(uid, SOURCE, None, uid, split)


def test_nothing_is_said_of_the_collection_as_published():
    uids = [f"{n:04d}" for n in range(SCANS)]
    rest = NODULES - LUNA16_NODULES
    groups = {uids[0]: (3,) * LUNA16_NODULES, uids[1]: (2,) * (rest - 5), uids[2]: (4,) * 5}
    labelled = {uid: Labelled(SOURCE, SOURCE, groups=groups.get(uid, ())) for uid in uids}
    patients = {uid: f"p{min(n, PATIENTS - 1)}" for n, uid in enumerate(uids)}
    cases = [case(uid, split) for uid, split in zip(uids, ("training", "validation", "test"))]
    given = uids, {uid: Reading(uid, ()) for uid in uids}, labelled, patients, cases
    assert list_differences(*given, membership=uids[:2]) == []
    more = list_differences(*given, membership=uids[:3])
    assert more == ["1191 nodules of 3 readers or more in LUNA16, 1186 are published"]


def test_every_difference_is_counted_and_named():
    found, readings = list("abcdefz"), {uid: Reading(uid, ()) for uid in "abcdefyx"}
    labelled = {uid: Labelled(SOURCE, SOURCE, groups=(4, 2)) for uid in "abcde"}
    labelled["f"] = Labelled(SOURCE)
    patients = {"a": "p", "b": "p", "c": None, "d": None, "e": None, "f": None}
    lines = list_differences(
        found, readings, labelled, patients, [case("a", "test")], membership=["a", "q"]
    )
    assert lines == [
        "1 scans without annotations, left out: z",
        "2 annotated scans missing: x, y",
        "4 scans of unknown patient, each split for itself (see --patients): c, d, e and 1 more",
        "1 scans without masks, their headers cannot be read: f",
        "6 scans, 1018 are published",
        "5 patients, 1010 are published",
        "10 nodules, 2651 are published",
        "1 nodules of 3 readers or more in LUNA16, 1186 are published",
        "no scan in training",
        "no scan in validation",
    ]


def test_where_hashes_decide_no_split_is_missed_and_without_luna16_its_nodules_are_not_counted():
    readings, labelled = {"a": Reading("a", ())}, {"a": Labelled(SOURCE, SOURCE)}
    lines = list_differences(["a"], readings, labelled, {"a": "p"}, [case("a", None)], [])
    assert not any("no scan in" in line or "LUNA16" in line for line in lines)
