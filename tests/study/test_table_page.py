"""A table as CSV and as a page, from one frame."""

import re

import pandas as pd

from medssl.study import table_page
from medssl.study.store import collect
from medssl.study.table_page import SYNTHETIC, page, write_tables
from medssl.study.tables import COLUMNS, MADE, Table, methods

from .results import write_results
from .tables.test_methods import PAPER

TABLE = MADE["table3"]


def test_every_figure_links_its_runs_and_what_was_not_run_is_said(monkeypatch, tmp_path):
    monkeypatch.setattr(methods, "TABLE3", (("ncs", "dice"),))
    frame = TABLE.make(collect(write_results(tmp_path, left_out=("jig",))), PAPER)
    text = page(frame, TABLE, synthetic=False)
    links = re.findall(r'href="\.\./(runs/[^/]+)/"', text)
    assert len(links) == 6
    assert all((tmp_path / link).is_dir() for link in links)
    assert "<th>jig</th><td>not run<br><small>paper 0.752" in text
    assert '<span class="gain">gain</span>' in text
    assert SYNTHETIC not in text
    assert SYNTHETIC in page(frame, TABLE, synthetic=True)


def test_doubtful_figures_are_grey_with_the_reason():
    row = {"row": "rpl", "column": "c", "verdict": "not run", "paper": 0.6351, "doubt": 'a "<b>"'}
    text = page(pd.DataFrame([row], columns=list(COLUMNS)), TABLE, synthetic=False)
    assert 'class="doubt" title="a &quot;&lt;b&gt;&quot;">paper 0.635 (doubtful)' in text


def test_tables_are_written_and_read_back_as_they_were(tmp_path, monkeypatch):
    monkeypatch.setattr(methods, "TABLE3", (("ncs", "dice"),))
    pages = write_tables(write_results(tmp_path))
    assert pages == [tmp_path / "tables" / "table3.html"]
    found = pd.read_csv(tmp_path / "tables" / "table3.csv")
    assert found["verdict"].tolist() == ["baseline", "gain", "no evidence of gain"]
    assert (tmp_path / "store" / "cases.parquet").is_file()


def test_a_study_without_that_experiment_gets_no_such_table(tmp_path, monkeypatch):
    monkeypatch.setattr(
        table_page, "MADE", {"table9": Table("Table 9", MADE["table3"].make, "", ("table9",))}
    )
    assert write_tables(write_results(tmp_path)) == []
