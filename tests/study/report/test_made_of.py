"""A report knows its own files, and no other's."""

import json

import pytest

from medssl.errors import UserError
from medssl.study.report.made_of import FIGURES, INDEX, MADE_OF, TABLES, Made, sweep
from medssl.study.store import STORE

MADE = Made({"plan": "1"}, frozenset({f"{TABLES}/a.csv", f"{FIGURES}/a.png"}))


def test_it_is_read_as_it_was_written(tmp_path):
    assert Made.read(tmp_path) == Made({}, frozenset())
    MADE.write(tmp_path)
    assert Made.read(tmp_path) == MADE


@pytest.mark.parametrize("change", [{"files": 5}, {"files": ["../b"]}, {"format": 0}])
def test_what_was_changed_is_refused(change, tmp_path):
    MADE.write(tmp_path)
    marker = tmp_path / MADE_OF
    marker.write_text(json.dumps({**json.loads(marker.read_text()), **change}))
    with pytest.raises(UserError, match=rf"{MADE_OF}: .*; remove it"):
        Made.read(tmp_path)


def test_it_stands_while_all_of_its_files_are_as_they_were_written(tmp_path):
    report, store = tmp_path / "report", tmp_path / STORE
    for path in (*(report / name for name in (INDEX, *MADE.files)), store / "runs.parquet"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    made = MADE.sealed(report)
    assert made.stands(report, MADE.parts)
    assert not made.stands(report, {"plan": "2"})
    for path in (report / INDEX, report / TABLES / "a.csv", store / "runs.parquet"):
        path.write_text("changed")
        assert not made.stands(report, MADE.parts)
        path.write_text("")
    assert made.stands(report, MADE.parts)
    (report / TABLES / "a.csv").unlink()
    assert not made.stands(report, MADE.parts)
    assert not MADE.sealed(report).stands(report, MADE.parts)


def test_nothing_but_tables_and_pictures_of_a_report_is_removed(tmp_path):
    report = tmp_path / "study" / "report"
    others = [tmp_path / "a", report.parent / "b", report / TABLES / "c" / "d", report / "e.html"]
    others[2].parent.mkdir(parents=True)
    mine = report / TABLES / "f.csv"
    for path in (*others, mine):
        path.touch()
    names = [str(others[0]), "../b", "tables/../../b", "tables/c/d", "e.html", f"{TABLES}/f.csv"]
    sweep(report, [*names, f"{FIGURES}/gone.png"])
    assert all(path.exists() for path in others)
    assert not mine.exists()
