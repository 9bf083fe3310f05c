"""The report of a small made-up study: whole, linked, its numbers those of the frames."""

import os
import re
import shutil
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pandas as pd
import pytest

from medssl.errors import UserError
from medssl.study.report import write
from medssl.study.report.made_of import MADE_OF
from medssl.study.report.write import SYNTHETIC, write_report
from medssl.study.result import INFEASIBLE, write_result
from medssl.study.runs import read_plan
from medssl.study.store import collect
from medssl.study.tables import MADE, Table, methods, read_paper

from ..results import planned, what_of
from ..studies import STUDY
from .pages import Page, pages


def test_every_link_and_picture_is_relative_and_there_even_after_a_move(study, tmp_path):
    moved = tmp_path / "elsewhere" / "study"
    shutil.move(study, moved)
    found = pages(moved)
    whole = re.compile(r'id="([^"]*)"')
    names = {str(path.relative_to(moved / "report")) for path in found}
    assert {"index.html", "cost.html", "provenance.html", "tables/table3.html"} <= names
    for path, page in found.items():
        for link in [*page.links, *(picture["src"] for picture in page.pictures)]:
            assert urlsplit(link).scheme == "", link
            place, _, mark = link.partition("#")
            there = path.parent / place if place else path
            assert there.exists(), f"{path.name}: {link}"
            assert not mark or mark in whole.findall(there.read_text("utf-8")), link
        assert all(picture["alt"] for picture in page.pictures)
        assert "http" not in path.read_text(encoding="utf-8")


def test_every_number_of_a_table_is_the_frames_own_and_links_its_runs(study):
    frame = MADE["table3"].make(collect(study), read_paper(STUDY / "paper_numbers.csv"))
    page = Page(study / "report" / "tables" / "table3.html")
    shown = ("mean", "low", "high", "difference", "difference_low", "difference_high", "paper")
    expected = [value for name in shown for value in frame[name].dropna()]
    expected += frame.loc[frame["verdict"] != "baseline", "paper_difference"].dropna().tolist()
    assert sorted(value for value, _ in page.numbers) == sorted(expected)
    for value, text in page.numbers:
        assert float(text) == pytest.approx(value, abs=0.0005)
    keys = [key for keys in frame["keys"] for key in keys.split()]
    assert sorted(link.split("/")[-2] for link in page.links if "runs/" in link) == sorted(keys)
    read = pd.read_csv(study / "report" / "tables" / "table3.csv")
    pd.testing.assert_series_equal(read["mean"], frame["mean"].astype(float))
    assert read["verdict"].tolist() == frame["verdict"].tolist()


def test_the_index_answers_before_anything_else(study, monkeypatch):
    other = Table("table9", "Table 9: something else", MADE["table3"].rows, "", ("table9",))
    monkeypatch.setattr(write, "MADE", {**MADE, "table9": other})
    (study / "report" / MADE_OF).unlink()
    write_report(study)
    text = " ".join(Page(study / "report" / "index.html").text.split())
    assert f"{len(collect(study).runs)} of 15 runs are done. " in text
    assert "Gains in Table 3 (2); no losses, in 2 comparisons." in text
    assert "2 comparisons: 2 gains, no losses, 0 without evidence of gain; 2 not run." in text
    assert re.search(r"ncs dice: gain with mg \(\+0\.2\d\d \[", text)
    absent = text.partition("Not part of this study")[2]
    assert "Table 9: something else" in absent
    assert "Appendix Figure 2" in absent  # of Table 3's runs, but of a task that is not there
    assert not (study / "report" / "tables" / "appendix_fig2.html").exists()


def test_all_pages_of_a_synthetic_study_say_so_and_no_other_does(study):
    assert all(SYNTHETIC not in page.text for page in pages(study).values())
    replace(read_plan(study), synthetic=True).write(study)
    write_report(study)
    assert all(SYNTHETIC in page.text for page in pages(study).values())


def test_what_leaves_the_page_of_a_synthetic_study_is_marked(study):
    replace(read_plan(study), synthetic=True).write(study)
    before = (study / "report" / "figures" / "table3-differences.png").read_bytes()
    assert "synthetic" not in pd.read_csv(study / "report" / "tables" / "table3.csv")
    write_report(study)
    assert pd.read_csv(study / "report" / "tables" / "table3.csv")["synthetic"].all()
    assert (study / "report" / "figures" / "table3-differences.png").read_bytes() != before


def test_a_report_is_the_same_twice(study):
    def files():
        (study / "report" / MADE_OF).unlink()
        write_report(study)
        return {p: p.read_bytes() for p in (study / "report").rglob("*.*") if p.is_file()}

    first = files()
    assert files() == first


def test_what_is_not_as_its_run_left_it_is_said_at_the_top_and_each_time(study, capsys):
    key = next(iter(collect(study).runs.index))
    (study / "runs" / key / "test" / "metrics.json").write_text("{")
    said = f"runs/{key}/test/metrics.json: damaged; remove runs/{key}/result.json"
    for _ in range(2):
        capsys.readouterr()
        write_report(study)
        assert said in capsys.readouterr().out
    text = Page(study / "report" / "index.html").text
    assert text.index("Not as the runs left it") < text.index(said) < text.index("2 comparisons:")
    (study / "runs" / key / "test" / "metrics.json").unlink()
    write_report(study)
    assert "as the runs left" not in Page(study / "report" / "index.html").text


def test_a_long_reason_is_told_once_and_pointed_to(study):
    run = next(r for r in planned().runs.values() if (r.name, r.start) == ("ncs", "jig"))
    why = "needs 1957 positives of the training split, and there are 721 of them"
    folder = study / "runs" / run.key
    folder.mkdir(exist_ok=True)
    write_result(folder, {**what_of(run), "metrics": {}, INFEASIBLE: why})
    write_report(study)
    page = Page(study / "report" / "tables" / "table3.html")
    assert page.text.count(why) == 1
    assert page.links.count("#note1") == 2  # from both columns
    assert "not feasible, note 1" in " ".join(page.text.split())
    assert 'id="note1"' in (study / "report" / "tables" / "table3.html").read_text("utf-8")


def test_a_task_whose_metric_nothing_has_leaves_the_other_pages_whole(study):
    plan, page = read_plan(study), study / "report" / "tables" / "table3.html"
    before = Page(page).numbers
    misspelt = {**plan.tasks["ncs"], "metric": "dicee"}
    replace(plan, tasks={**plan.tasks, "ncs": misspelt}).write(study)
    write_report(study)
    assert Page(page).numbers == before


@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir])
def test_what_is_no_file_is_no_result(study, make):
    """Reading it might never end."""
    result = next((study / "runs").glob("ncs-mg-s0-*")) / "result.json"
    before = len(collect(study).runs)
    result.unlink()
    make(result)
    write_report(study)
    assert f"{before - 1} of 15 runs" in Page(study / "report" / "index.html").text


def test_a_table_that_cannot_be_made_is_said_and_the_others_are_there(study, monkeypatch):
    def refuse(_):
        raise UserError("no such thing")

    broken = Table("table3", "Table 3: broken", refuse, "", ("table3",))
    monkeypatch.setattr(write, "MADE", {**MADE, "table3": broken})
    (study / "report" / MADE_OF).unlink()
    write_report(study)
    text = Page(study / "report" / "index.html").text
    assert "Could not be made" in text
    assert "Table 3: broken: no such thing" in text


def test_a_column_that_cannot_be_made_says_why_in_its_places(study, monkeypatch):
    monkeypatch.setattr(methods, "TABLE3", (("ncs", "unheard_of"), ("ncs", "dice")))
    (study / "report" / MADE_OF).unlink()
    write_report(study)
    read = pd.read_csv(study / "report" / "tables" / "table3.csv").set_index(["column", "row"])
    assert set(read.loc["ncs dice", "verdict"]) == {"baseline", "gain", "not run"}
    (reason,) = set(read.loc["ncs unheard_of", "verdict"])
    assert reason.startswith("not feasible: ncs unheard_of: no outcome unheard_of")


def fail(study, reason):
    """Let a run of the study have failed."""
    asked = ("ncs", "mg", 2)
    key = next(k for k, r in planned().runs.items() if (r.name, r.start, r.seed) == asked)
    (study / "runs" / key / "result.json").unlink()
    (study / "runs" / key / "log.txt").write_text(f"medssl: {reason}\n")


def test_a_run_that_failed_is_told_with_its_reason_where_its_seed_is_missing(study):
    fail(study, "no space left")
    write_report(study)
    text = Page(study / "report" / "tables" / "table3.html").text
    said = "without seed 2 (failed: no space left)"
    assert f"{said}: mg (in ncs dice and ncs miou)." in text
    assert text.count(said) == 1 + 2
    read = pd.read_csv(study / "report" / "tables" / "table3.csv").set_index(["row", "column"])
    assert read.loc[("mg", "ncs dice"), "note"] == said
    assert read.loc[("mg", "ncs dice"), "seeds"] == 2
    assert "2 figures without some seeds or cases" in Page(study / "report" / "index.html").text


def test_a_long_note_is_cut_at_its_reason(study):
    fail(study, "no space left, of 9 that are needed")
    write_report(study)
    text = " ".join(Page(study / "report" / "tables" / "table3.html").text.split())
    assert text.count("no space left") == 1
    assert text.count("without seed 2 ..., note 1") == 2


def test_a_place_begins_with_what_it_has(study, monkeypatch):
    """A word alone, such as "not reached", stands at the top of its place."""

    def rows(store):
        bare = {"row": "mg", "column": "steps", "verdict": "not reached in 1 of 1 runs"}
        return [{**bare, "keys": ""}]

    alone = Table("table3", "Table 3: words", rows, "", ("table3",))
    monkeypatch.setattr(write, "MADE", {"table3": alone})
    (study / "report" / MADE_OF).unlink()
    write_report(study)
    text = (study / "report" / "tables" / "table3.html").read_text("utf-8")
    assert "<br>" not in text.partition("<tbody>")[2]
