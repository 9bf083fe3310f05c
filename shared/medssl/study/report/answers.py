"""What a table says, in words that follow from its frame alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import pandas as pd

from ...analysis.evidence.verdict import GAIN, LOSS, NO_GAIN
from ..tables import is_missing
from ..tables.frame import FAILED, INCOMPLETE, NOT_FEASIBLE, NOT_RUN, with_direction
from ..tables.wording import form_of, sizes
from .grid import number
from .legend import JUDGED

ABSENT = (NOT_RUN, NOT_FEASIBLE, FAILED, INCOMPLETE)


def headline(frames: Mapping[str, pd.DataFrame]) -> str:
    """Where gains and losses were found, by the tables' titles, and in how many comparisons."""
    total = sum(int(frame["verdict"].isin(JUDGED).sum()) for frame in frames.values())
    if not total:
        return "Nothing is compared yet."
    parts = []
    for word, plural in ((GAIN, "gains"), (LOSS, "losses")):
        found = {title: int((frame["verdict"] == word).sum()) for title, frame in frames.items()}
        where = [f"{title} ({count})" for title, count in found.items() if count]
        parts.append(f"{plural} in {_listed(where)}" if where else f"no {plural}")
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}, in {_some(total, 'comparison')}."


def counts(frame: pd.DataFrame) -> str:
    """How many comparisons came out how, and what is missing, in one sentence."""
    words = Counter(_kind(word) for word in frame["verdict"])
    judged = {word: words[word] for word in JUDGED}
    parts = []
    if total := sum(judged.values()):
        parts.append(
            f"{_some(total, 'comparison')}: {_some(judged[GAIN], 'gain')}, "
            f"{_some(judged[LOSS], 'loss', 'losses')}, {judged[NO_GAIN]} without evidence of gain"
        )
    elif shown := sum(not is_missing(word) for word in frame["verdict"]):
        parts.append(f"{_some(shown, 'figure')}, described and not tested")
    parts += [f"{words[word]} {word}" for word in ABSENT if words[word]]
    if notes := int((frame["note"].fillna("") != "").sum()):
        parts.append(f"{_some(notes, 'figure')} without some seeds or cases, see there")
    return "; ".join(parts) + "."


def sentences(frame: pd.DataFrame) -> list[str]:
    """One sentence for each column with comparisons: gains and losses by name, then the rest."""
    found = []
    for column, own in frame.groupby("column", sort=False):
        judged = own[own["verdict"].isin(JUDGED)]
        if judged.empty:
            continue
        parts = [_named(judged, word) for word in (GAIN, LOSS)]
        if rest := list(judged.loc[judged["verdict"] == NO_GAIN, "row"]):
            parts.append(f"{NO_GAIN} with {_listed(rest)}")
        said = "; ".join(part for part in parts if part)
        found.append(f"{with_direction(str(column))}: {said}.")
    return found


def left_out(frame: pd.DataFrame) -> dict[str, str]:
    """Why figures are missing or go without some seeds or cases: where, by the reason."""
    absent = frame["verdict"].map(is_missing) & frame["verdict"].str.contains(": ")
    notes = frame["note"].fillna("")
    noted = frame.assign(note=notes.where(notes != "", frame["verdict"].where(absent, "")))
    found = {}
    for note, own in noted[noted["note"] != ""].groupby("note", sort=False):
        rows, columns = (_listed(list(dict.fromkeys(own[name]))) for name in ("row", "column"))
        found[str(note)] = f"{rows} (in {columns})"
    return found


def beside_paper(frame: pd.DataFrame) -> str:
    """How many differences have the sign that the paper prints; nothing where it prints none."""
    known = frame.dropna(subset=["difference", "paper_difference"])
    known = known[(known["paper_difference"] != 0) & (known["difference"] != 0)]
    if known.empty:
        return ""
    same = int(((known["difference"] > 0) == (known["paper_difference"] > 0)).sum())
    return (
        f"{same} of {_some(len(known), 'difference')} from the baseline "
        f"{'has' if same == 1 else 'have'} the sign of the paper's; by chance about half would."
    )


def _kind(word: str) -> str:
    return str(word).split(":")[0]


def _named(judged: pd.DataFrame, word: str) -> str:
    """Such as "gain with mg (+0.200 [+0.150, +0.250], 2 runs, 9 patients)"; nothing for none."""
    own = judged[judged["verdict"] == word]
    if own.empty:
        return ""
    return f"{word} with {_listed([_with_size(row) for _, row in own.iterrows()])}"


def _with_size(row: pd.Series) -> str:
    names, form = ("difference", "difference_low", "difference_high"), f"+{form_of(row['mean'])}"
    gap, low, high = (number(row[name], form) for name in names)
    assert gap is not None
    interval = f" [{low.text}, {high.text}]" if low and high else ""
    own = sizes(row["seeds"], row["patients"], len(str(row["keys"]).split()))
    return f"{row['row']} ({', '.join(filter(None, (gap.text + interval, own)))})"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:-1]) + (" and " if len(names) > 1 else "") + names[-1]


def _some(count: int, word: str, plural: str | None = None) -> str:
    return f"{count or 'no'} {word if count == 1 else plural or word + 's'}"
