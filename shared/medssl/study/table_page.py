"""A table as CSV and as a page, both from the same frame."""

from __future__ import annotations

from html import escape
from pathlib import Path

import pandas as pd

from ..files import write_atomically
from ..pages import document
from .start import study_folder
from .store import Store, collect
from .tables import MADE, Table, is_missing, read_paper

TABLES = "tables"
SYNTHETIC = "SYNTHETIC, smoke size: shows that the chain works"
READING = (
    "Mean over runs with its 95 % interval over runs and patients; below it the difference from "
    "the baseline and what may be said of it (gain or loss only where Holm's adjusted p is below "
    ".05, the interval leaves out 0 and all runs agree); in small the paper's figure."
)
STYLE = """body{max-width:75rem}td,th{text-align:left;vertical-align:top}
.doubt{color:#777}.gain{color:#15803d}.loss{color:#b91c1c}"""


def write_tables(folder: Path) -> list[Path]:
    """Collect what a study has found, and write its tables as CSV and HTML.

    Args:
        folder: of the study.

    Returns:
        The pages.

    Raises:
        UserError: see :func:`~.store.collect`.
    """
    store = collect(folder)
    store.write(folder)
    pages = []
    for name, (table, frame) in make_tables(store).items():
        place = folder / TABLES
        _write(place / f"{name}.csv", frame.to_csv(index=False))
        pages.append(place / f"{name}.html")
        _write(pages[-1], page(frame, table, store.plan.synthetic))
    return pages


def make_tables(store: Store) -> dict[str, tuple[Table, pd.DataFrame]]:
    """Every table that a study's plan has runs for, by name, with its frame."""
    paper = read_paper(study_folder() / "paper_numbers.csv")
    return {
        name: (table, table.make(store, paper))
        for name, table in MADE.items()
        if table.belongs_to(store.plan)
    }


def _write(path: Path, text: str) -> None:
    write_atomically(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def page(frame: pd.DataFrame, table: Table, synthetic: bool) -> str:
    """The frame as a page of its own."""
    banner = f'<p class="note">{SYNTHETIC}</p>' if synthetic else ""
    head = f"<h1>{escape(table.title)}</h1>{banner}<p>{escape(table.prose)}</p>"
    return document(table.title, f"{head}<p>{READING}</p>{grid(frame)}", STYLE)


def grid(frame: pd.DataFrame, runs: str = "../runs") -> str:
    """The frame as a table: its rows down, its columns across, each figure a link to its runs.

    Args:
        frame: of a table.
        runs: where the runs' folders lie, as seen from the page.
    """
    columns = list(dict.fromkeys(frame["column"]))
    head = "".join(f"<th>{escape(name)}</th>" for name in columns)
    lines = []
    for start in dict.fromkeys(frame["row"]):
        own = frame[frame["row"] == start].set_index("column")
        cells = (_cell(own.loc[name], runs) if name in own.index else "" for name in columns)
        across = "".join(f"<td>{cell}</td>" for cell in cells)
        lines.append(f"<tr><th>{escape(start)}</th>{across}</tr>")
    body = "".join(lines)
    return f'<div class="wide"><table><tr><th></th>{head}</tr>{body}</table></div>'


def _cell(row: pd.Series, runs: str) -> str:
    word = escape(row["verdict"])
    if is_missing(row["verdict"]):
        return word + _paper(row)
    links = " ".join(f'<a href="{runs}/{k}/">{n}</a>' for n, k in enumerate(row["keys"].split(), 1))
    text = f"{_figure(row, '')} <small>runs {links}</small>" if links else _figure(row, "")
    if pd.notna(row["difference"]):
        said = f' <span class="{word.split()[0]}">{word}</span>' if word else ""
        text += f"<br>{_figure(row, 'difference')}{said}"
    return text + _paper(row)


def _figure(row: pd.Series, name: str) -> str:
    """A figure with its interval, or with its spread over runs where there is no interval."""
    sign, between = ("+", "_") if name else ("", "")
    mean = row[name or "mean"]
    low, high = row[f"{name}{between}low"], row[f"{name}{between}high"]
    if pd.notna(low):
        return f"{mean:{sign}.3f} [{low:{sign}.3f}, {high:{sign}.3f}]"
    spread = f" (sd {row['sd']:.3g})" if not name and pd.notna(row["sd"]) else ""
    return f"{mean:{sign}.4g}{spread}"


def _paper(row: pd.Series) -> str:
    if pd.notna(row["paper"]):
        text = f"paper {row['paper']:.3f}"
    elif pd.notna(row["paper_difference"]):
        text = f"paper {row['paper_difference']:+.3f}"
    elif isinstance(row["doubt"], str) and row["doubt"]:
        text = "paper: lost"
    else:
        return ""
    if row["doubt"]:
        return f'<br><small class="doubt" title="{escape(row["doubt"])}">{text} (doubtful)</small>'
    return f"<br><small>{text}</small>"
