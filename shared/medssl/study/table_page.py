"""A table as CSV and as a page, both from the same frame."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from pathlib import Path

import pandas as pd

from ..files import write_atomically
from .start import study_folder
from .store import Store, collect
from .tables import NOT_RUN, read_paper, table3

TABLES = "tables"
SYNTHETIC = "SYNTHETIC, smoke size: shows that the chain works"
MADE: dict[str, tuple[str, Callable[[Store, pd.DataFrame], pd.DataFrame]]] = {
    "table3": ("Table 3: each start beside training from scratch", table3),
}
STYLE = """body{font:15px/1.5 system-ui,sans-serif;margin:2rem;max-width:75rem}
table{border-collapse:collapse}
td,th{padding:.25rem .7rem;border-bottom:1px solid #ddd;text-align:left;vertical-align:top}
small,.doubt{color:#777}.banner{background:#fde68a;padding:.4rem .8rem}
.gain{color:#166534}.loss{color:#991b1b}div{overflow-x:auto}"""


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
    paper = read_paper(study_folder() / "paper_numbers.csv")
    pages = []
    for name, (title, make) in MADE.items():
        if name not in store.plan.experiments:
            continue
        frame, place = make(store, paper), folder / TABLES
        _write(place / f"{name}.csv", frame.to_csv(index=False))
        pages.append(place / f"{name}.html")
        _write(pages[-1], page(frame, title, store.plan.synthetic))
    return pages


def _write(path: Path, text: str) -> None:
    write_atomically(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def page(frame: pd.DataFrame, title: str, synthetic: bool) -> str:
    """The frame as a page: starts down, columns across, each figure a link to its runs."""
    columns = list(dict.fromkeys(frame["column"]))
    head = "".join(f"<th>{escape(name)}</th>" for name in columns)
    lines = []
    for start in dict.fromkeys(frame["row"]):
        own = frame[frame["row"] == start].set_index("column")
        cells = "".join(f"<td>{_cell(own.loc[name])}</td>" for name in columns if name in own.index)
        lines.append(f"<tr><th>{escape(start)}</th>{cells}</tr>")
    banner = f'<p class="banner">{SYNTHETIC}</p>' if synthetic else ""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<style>{STYLE}</style></head><body><h1>{escape(title)}</h1>{banner}"
        "<p>Mean over runs with its 95 % interval over runs and patients; below it the difference "
        "from scratch and what may be said of it (gain or loss only where Holm's adjusted p is "
        "below .05, the interval leaves out 0 and all runs agree); in small the paper's figure.</p>"
        f"<div><table><tr><th></th>{head}</tr>{''.join(lines)}</table></div></body></html>\n"
    )


def _cell(row: pd.Series) -> str:
    if row["verdict"] == NOT_RUN:
        return NOT_RUN + _paper(row)
    runs = row["keys"].split()
    links = " ".join(f'<a href="../runs/{key}/">{n}</a>' for n, key in enumerate(runs, 1))
    text = f"{row['mean']:.3f} [{row['low']:.3f}, {row['high']:.3f}] <small>runs {links}</small>"
    if pd.notna(row["difference"]):
        ends = f"[{row['difference_low']:+.3f}, {row['difference_high']:+.3f}]"
        gap = f"{row['difference']:+.3f} {ends}"
        word = escape(row["verdict"])
        text += f'<br>{gap} <span class="{word.split()[0]}">{word}</span>'
    return text + _paper(row)


def _paper(row: pd.Series) -> str:
    if pd.isna(row["paper"]):
        return ""
    text = f"paper {row['paper']:.3f}"
    if row["doubt"]:
        return f'<br><small class="doubt" title="{escape(row["doubt"])}">{text} (doubtful)</small>'
    return f"<br><small>{text}</small>"
