"""What a study of few labels says in words: does a method help, by how much, how sure is it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import inf, nan

from ...analysis.advice import Line
from ...analysis.evidence.verdict import GAIN, LOSS, NO_GAIN
from ..catalogue import SCRATCH
from ..runs import Cell
from ..store import Store
from .areas import areas
from .cells import select, tasks_of, waiting
from .frame import BASELINE, INCOMPLETE, NOT_FEASIBLE, Row, Words, low_is_best, sign_of_column
from .labels import level_rows
from .settings import Setting, pairs
from .subsets import EXPERIMENT, by_level, labels_of, near, shares
from .wording import form_of, odds, sizes

STRONG, DESCRIBED, UNDONE = "strong", "described, not tested", "no verdict yet"


def label_words(store: Store, labels: int | None = None) -> list[Line]:
    """Over all numbers of labels, which is tested; then at each of them, which is not.

    Args:
        store: results.
        labels: labelled cases; then only the number nearest to them is shown by itself.
    """
    lines = []
    for task in tasks_of(store.plan, EXPERIMENT):
        lines.append(_over_all(store, task))
        for share, entries in near(store, by_level(store, task), labels).items():
            cells = [cell for own in entries.values() for cell in own]
            rows = level_rows(store, task, share, entries)
            place = f"{task}: does any start help at {labels_of(store, entries) or f'{share:.3g}'}?"
            lines.append(_described(store, place, rows, cells, SCRATCH))
    return lines


def setting_words(setting: Setting, question: str, usual: str) -> Words:
    """The maker of what is said of another setting, at each number of labels.

    Args:
        setting: an experiment beside the label curve.
        question: that it answers.
        usual: what its starts are compared with.
    """

    def make(store: Store, labels: int | None = None) -> list[Line]:
        lines = []
        for task in tasks_of(store.plan, setting.experiment):
            there = shares(store.plan, setting.experiment, **setting.factors)
            points = {s: own for s, own in by_level(store, task).items() if s in there}
            for share in near(store, points, labels):
                first, other, rows = pairs(store, task, share, setting)
                cells = [
                    cell for entries in (first, other) for own in entries.values() for cell in own
                ]
                place = f"{task}: {question} at {labels_of(store, first) or f'{share:.3g}'}?"
                lines += [_described(store, place, rows, cells, usual)] if rows else []
        return lines

    return make


def _over_all(store: Store, task: str) -> Line:
    """The primary endpoint: the area under the label curve of each start, less that of scratch."""
    rows = [row for row in areas(store, task) if row["verdict"] != BASELINE]
    rows = [row for row in rows if row["row"] != SCRATCH]
    cells = select(store.plan, EXPERIMENT, task)
    judged = {word: [r for r in rows if r["verdict"] == word] for word in (GAIN, LOSS, NO_GAIN)}
    parts = [
        f"{word} with {_listed(_sized(row) for row in own)}"
        if word != NO_GAIN
        else f"{word} with {_listed(row['row'] for row in own)}"
        for word, own in judged.items()
        if own
    ]
    others = [row for row in rows if row["verdict"] not in judged]
    never = [row["row"] for row in others if row["verdict"].startswith(NOT_FEASIBLE)]
    undone = [row["row"] for row in others if row["row"] not in never]
    if never:
        parts.append(f"{NOT_FEASIBLE} with {_listed(never)}")
    if undone:
        parts.append(f"{UNDONE} on {_listed(undone)}, as {_done(store, cells)}")
    said = "; ".join(parts)
    known = judged[GAIN] or judged[LOSS]
    sure = STRONG if known else NO_GAIN if judged[NO_GAIN] else UNDONE
    evidence = tuple((store.plan.name, _tested(row)) for row in _best_first(rows))
    topic = f"{task}: does any start help over all numbers of labels (area under the label curve)?"
    return Line(topic, f"{said[:1].upper()}{said[1:]}.", sure, evidence)


def _described(
    store: Store, topic: str, rows: Sequence[Row], cells: Sequence[Cell], baseline: str
) -> Line:
    """Differences with intervals, and no claim; nothing of rows that wait for runs."""
    whole = [row for row in rows if not row["verdict"].startswith(INCOMPLETE)]
    gaps = _best_first(row for row in whole if "difference" in row)
    if waiting(store, cells):
        said, sure = f"No verdict before all is run: {_done(store, cells)}.", UNDONE
    elif not gaps:
        said, sure = "There is nothing to compare.", UNDONE
    else:
        low = low_is_best(gaps[0]["column"])
        best = "lowest (lower is better)" if low else "highest"
        said = (
            f"The {best} difference from {baseline} is that of {_sized(gaps[0])}; {_apart(gaps)}."
        )
        sure = DESCRIBED
    return Line(
        topic, said, sure, tuple((store.plan.name, f"{_sized(row)}, {_sizes(row)}") for row in gaps)
    )


def _apart(gaps: Sequence[Row]) -> str:
    """Whose intervals lie on which side of 0."""
    above = [row["row"] for row in gaps if row["difference_low"] > 0]
    below = [row["row"] for row in gaps if row["difference_high"] < 0]
    parts = [
        f"the interval{'s' * (len(names) > 1)} of {_listed(names)} "
        f"lie{'s' * (len(names) == 1)} {side} 0"
        for names, side in ((above, "above"), (below, "below"))
        if names
    ]
    return ", ".join(parts) or "every interval has 0 in it"


def _tested(row: Row) -> str:
    if "difference" not in row:
        return f"{row['row']}: {row['verdict']}"
    tested = odds(row.get("p_adjusted", nan), row.get("false_claim", nan))
    return f"{', '.join(filter(None, (_sized(row), _sizes(row), tested)))}: {row['verdict']}"


def _sized(row: Row) -> str:
    """Such as "mg +0.200 [+0.150, +0.250]", with the digits that the table shows."""
    names, form = ("difference", "difference_low", "difference_high"), f"+{form_of(row['mean'])}"
    gap, low, high = (format(row[name], form) for name in names)
    return f"{row['row']} {gap} [{low}, {high}]"


def _sizes(row: Row) -> str:
    return sizes(row["seeds"], row["patients"], len(row["keys"].split()))


def _best_first(rows: Iterable[Row]) -> list[Row]:
    """The best difference first; rows without one at the end."""

    def gain(row: Row) -> float:
        return sign_of_column(row["column"]) * row["difference"] if "difference" in row else -inf

    return sorted(rows, key=gain, reverse=True)


def _done(store: Store, cells: Iterable[Cell]) -> str:
    keys = {cell.key for cell in cells}
    return f"{len(keys & set(store.runs.index))} of {len(keys)} runs are there"


def _listed(names: Iterable[str]) -> str:
    words = list(names)
    return ", ".join(words[:-1]) + (" and " if len(words) > 1 else "") + words[-1]
