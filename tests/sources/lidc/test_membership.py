"""Splits that know which scans LUNA16 pretraining has seen, and the paper's."""

import json

import numpy as np
import pytest

from medssl.errors import UserError
from medssl.sources.lidc.membership import (
    luna16_splits,
    membership_sha256,
    paper_splits,
    read_membership,
)

from .published import UIDS, save_scans


def test_a_patient_is_where_pretraining_has_seen_it():
    rng = np.random.default_rng(0)
    order = ("training", "validation", "test")
    patient_of = {f"s{n}": f"p{rng.integers(40)}" for n in range(100)}
    membership = {uid: str(rng.choice(order)) for uid in list(patient_of)[:70]}
    splits = luna16_splits(patient_of, membership)
    for uid, patient in patient_of.items():
        mates = [other for other in patient_of if patient_of[other] == patient]
        seen = [order.index(membership.get(other, "test")) for other in mates]
        assert splits[uid] == order[min(seen)]


def test_the_papers_counts():
    patient_of = {f"s{n:04d}": f"p{n:04d}" for n in range(1018)}
    splits = list(paper_splits(patient_of).values())
    assert splits == ["training"] * 510 + ["validation"] * 100 + ["test"] * 408
    twice = paper_splits({**patient_of, "s0510": "p0509"})
    assert twice["s0509"] == twice["s0510"] == "training"
    with pytest.raises(UserError, match="610 scans"):
        paper_splits(dict(list(patient_of.items())[:610]))


def test_where_luna16_is_known_from(tmp_path):
    expected = dict(zip(UIDS[:3], ("training", "validation", "test")))
    assert read_membership(save_scans(tmp_path / "in")) == expected
    table = tmp_path / "table.csv"
    table.write_text("seriesuid,subset\n" + "".join(f"{u},{s}\n" for u, s in zip(UIDS, (4, 6, 7))))
    assert read_membership(table) == expected
    scans = [
        {"id": "x", "facts": {"series_uid": uid, "subset": 0}, "split": split}
        for uid, split in zip(UIDS, ("training", "validation", "unused"))
    ]
    (tmp_path / "manifest.json").write_text(json.dumps({"scans": scans}))
    assert read_membership(tmp_path) == expected
    places = ("in", "table.csv", "")
    assert len({membership_sha256(read_membership(tmp_path / place)) for place in places}) == 1
    assert membership_sha256({**expected, UIDS[0]: "test"}) != membership_sha256(expected)
