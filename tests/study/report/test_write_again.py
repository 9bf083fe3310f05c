"""A report is made again where something is new or gone, and what it has left before goes."""

import shutil
from functools import partial

import pytest

from medssl.study.report import write
from medssl.study.report.write import write_report
from medssl.study.tables import MADE

from ..results import rewrite


def test_a_second_report_is_written_only_where_something_is_new(study, monkeypatch):
    index = study / "report" / "index.html"
    written = index.stat().st_mtime_ns
    assert write_report(study) == index
    assert index.stat().st_mtime_ns == written
    rewrite(next((study / "runs").glob("ncs-mg-s0-*")), steps=6)
    write_report(study)
    assert index.stat().st_mtime_ns > written


def test_a_page_that_is_no_longer_made_goes_and_what_others_put_there_stays(
    study, monkeypatch, tmp_path
):
    tables, mine = study / "report" / "tables", tmp_path / "mine"
    figures = study / "report" / "figures"
    figures.rename(mine)
    figures.symlink_to(mine)
    others = [tables / "my_notes.md", tables / "table3.bak.csv", mine / "thesis.tex"]
    for path in others:
        path.write_text("mine")
    drawn = sorted(path.name for path in mine.glob("table3-*"))
    left = {name: table for name, table in MADE.items() if name != "table3"}
    monkeypatch.setattr(write, "MADE", left)
    monkeypatch.setattr(write, "own_tables", lambda *_: {})
    rewrite(next((study / "runs").glob("ncs-mg-s0-*")), steps=6)
    write_report(study)
    assert drawn
    assert not list(mine.glob("table3-*"))
    assert not (tables / "table3.html").exists()
    assert [path.read_text() for path in others] == ["mine"] * 3


def test_what_a_report_that_did_not_end_has_left_goes_with_the_next(study, monkeypatch):
    made = study / "report" / "tables" / "table3.html"
    monkeypatch.setattr(write, "_write_lists", lambda *_: 1 / 0)
    rewrite(next((study / "runs").glob("ncs-mg-s0-*")), steps=6)
    with pytest.raises(ZeroDivisionError):
        write_report(study)
    monkeypatch.undo()
    left = {name: table for name, table in MADE.items() if name != "table3"}
    monkeypatch.setattr(write, "MADE", left)
    monkeypatch.setattr(write, "own_tables", lambda *_: {})
    assert made.is_file()
    write_report(study)
    assert not made.exists()
    assert not list((study / "report" / "figures").glob("table3-*"))


@pytest.mark.parametrize(
    "name", ["tables/table3.csv", "index.html", "cost.html", "provenance.html"]
)
def test_a_page_that_was_removed_or_changed_is_made_again(study, name):
    page = study / "report" / name
    text = page.read_text("utf-8")
    page.unlink()
    write_report(study)
    assert page.read_text("utf-8") == text
    page.write_text(text.replace("0.", "9."), encoding="utf-8")
    write_report(study)
    assert page.read_text("utf-8") == text


def test_a_store_that_was_removed_is_written_again(study):
    store = study / "store"
    whole = sorted(store.iterdir())
    for remove in (whole[0].unlink, partial(shutil.rmtree, store)):
        remove()
        write_report(study)
        assert sorted(store.iterdir()) == whole
