"""``medssl study report``: one folder of pages that say what a study has found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ...analysis.advice import Line
from ...engines.identity import digest
from ...errors import UserError
from ...files import make_folder, write_text
from ..cost import read_costs
from ..doubts import doubts
from ..start import study_folder
from ..store import Store, collect
from ..tables import MADE, Table, own_tables, read_paper
from ..tables.frame import MISSING
from .answers import beside_paper, counts, headline, left_out, sentences
from .costs import cost_parts
from .grid import Grid, grid_of
from .legend import RULE, legend_of
from .made_of import INDEX, PAPER, TABLES, Made, parts_of, sweep
from .names import names_of
from .origins import origin_parts
from .pictures import SYNTHETIC as STAMP
from .pictures import Picture, pictures_of
from .render import render

REPORT, LISTS = "report", ("cost", "provenance")
SYNTHETIC = f"{STAMP}, smoke size: shows that the chain works, and says nothing about methods."


@dataclass(frozen=True)
class Page:
    """What the page of a table shows."""

    name: str
    title: str
    prose: str
    counts: str
    beside: str
    answers: list[Line]
    said: list[str]
    found: list[str]
    left_out: dict[str, str]
    legend: str
    absent: tuple[str, ...]
    grid: Grid
    pictures: list[Picture]
    notes: list[str]


def write_report(folder: str | Path) -> Path:
    """Write ``report/index.html`` of a study, a page for each table, and what they rest on.

    Nothing is done where nothing is new, but files that are not as a run left them are named each
    time. All links are relative, so that the study's folder can be moved; nothing is fetched from
    elsewhere.

    Args:
        folder: of the study, with ``plan.json``.

    Returns:
        The path of the index.

    Raises:
        UserError: see :func:`~..store.collect`, and :meth:`~.made_of.Made.read`.
    """
    study = Path(folder)
    report, doubtful = study / REPORT, doubts(study)
    for line in doubtful:
        print(line)
    parts, former = {**parts_of(study), "doubts": digest(doubtful)}, Made.read(report)
    index = report / INDEX
    if former.stands(report, parts):
        return index
    store = collect(study)
    store.write(study)
    tables = {**MADE, **own_tables(store.plan, MADE.values())}
    frames, failed = _frames(store, tables)
    common: dict[str, Any] = {
        "study": store.plan.name,
        "synthetic": SYNTHETIC if store.plan.synthetic else "",
    }
    pages = [_page(tables[name], frame, store, study, report) for name, frame in frames.items()]
    files = _files(pages)
    Made({}, former.files | files).write(report)  # for the next one, should this one not end
    make_folder(report / TABLES)
    for page in pages:
        own = frames[page.name].assign(**({"synthetic": True} if store.plan.synthetic else {}))
        write_text(report / TABLES / f"{page.name}.csv", own.to_csv(index=False))
        text = render("table.html", page.title, root="../", page=page, **common)
        write_text(report / TABLES / f"{page.name}.html", text)
    _write_lists(store, study, report, common)
    absent = [t.title for name, t in tables.items() if name not in {*frames, *failed}]
    by_title = {tables[name].title.split(":")[0]: frame for name, frame in frames.items()}
    done = f"{len(store.runs)} of {len(store.plan.runs)} runs are done. {headline(by_title)}"
    shown = {"pages": pages, "absent": absent, "failed": failed, "doubts": doubtful}
    values = {**shown, "progress": done, "rule": RULE, "names": names_of(store.plan), **common}
    write_text(index, render("index.html", store.plan.name, root="", **values))
    sweep(report, former.files - files)
    Made(parts, files).sealed(report).write(report)
    return index


def _frames(
    store: Store, tables: Mapping[str, Table]
) -> tuple[dict[str, pd.DataFrame], dict[str, str]]:
    """Frames of the tables that the plan has, and why others of them could not be made."""
    paper = read_paper(study_folder() / PAPER)
    frames: dict[str, pd.DataFrame] = {}
    failed: dict[str, str] = {}
    for name, table in tables.items():
        if table.belongs_to(store.plan):
            try:
                frame = table.make(store, paper)
            except UserError as error:
                failed[name] = f"{table.title}: {error}"
            else:  # a study may have the experiment and none of the tasks that are shown of it
                frames |= {} if frame.empty else {name: frame}
    return frames, failed


def _page(table: Table, frame: pd.DataFrame, store: Store, study: Path, report: Path) -> Page:
    drawn, notes = pictures_of(table.name, table, frame, store, study, report)
    lines = sentences(frame)
    found = [line for line in lines if ": gain with" in line or "loss with" in line]
    grid = grid_of(frame)
    words = counts(frame), beside_paper(frame)
    about = table.name, table.title, table.prose
    return Page(
        *(*about, *words, table.said(store), lines, found),
        *(left_out(frame), legend_of(frame), MISSING, grid, drawn, notes),
    )


def _files(pages: Iterable[Page]) -> frozenset[str]:
    """Lists, tables and pictures of a report, seen from its folder."""
    found = {f"{name}.html" for name in LISTS}
    found |= {f"{TABLES}/{page.name}.{kind}" for page in pages for kind in ("csv", "html")}
    for picture in (one for page in pages for one in page.pictures):
        found |= {place for place in (picture.png, picture.svg) if place}
    return frozenset(found)


def _write_lists(store: Store, study: Path, report: Path, common: Mapping[str, Any]) -> None:
    made = (
        ("What it has cost", *cost_parts(store, read_costs(study))),
        ("Where the figures come from", *origin_parts(store, study)),
    )
    for name, (title, prose, parts) in zip(LISTS, made, strict=True):
        values = {"prose": prose, "parts": parts, "root": "", **common}
        write_text(report / f"{name}.html", render("lists.html", title, **values))
