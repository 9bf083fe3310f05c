"""What an evaluation said of each case, in one form for every task."""

from __future__ import annotations

import csv
from collections import defaultdict, deque
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from ..crops.candidate_table import find_table
from ..engines.evaluated_data import class_table, refuse_other_classes, refuse_other_data
from ..engines.evaluation import MEND, of_evaluation, refuse_other_weights
from ..engines.predictions import PROBABILITY
from ..errors import UserError
from ..files import refuse_to_replace, write_atomically
from ..store.case_table import PLACE, read_case_table
from ..store.datalist import list_split
from ..store.joined import alone, join
from ..store.marks import read_marks
from .owners import OF_SPLIT, Owners
from .table_rows import number, probability, read_rows, refuse_repeated

CANDIDATES, PREDICTIONS, RAW = "candidates.csv", "predictions.csv", "_raw.csv"
OF_STUDY = "result.json"  # of a run, above the folder of its evaluation
CASE, MEAN, CORRECT = "filename", "mean", "correct"
Place = tuple[str | float, ...]  # scan and millimetres
_OF_A_NODULE = f"{PROBABILITY}1"  # as of the class 1 of the candidates table


class Outcome(NamedTuple):
    """One figure of one case.

    Attributes:
        case: scan, nodule (``scan_number``), or place in a scan.
        patient: whose.
        label: of a segmentation the class that was marked, or ``mean`` over them; of a
            classification the true class.
        metric: such as ``dice``; of a classification ``probability_<class>`` and ``correct``.
        value: NaN where a class is neither in the truth nor in the prediction.
    """

    case: str
    patient: str
    label: str
    metric: str
    value: float


def read_outcomes(
    folder: str | Path,
    data: str | Path,
    split: str = "test",
    fold: int | None = None,
    candidates: str = CANDIDATES,
) -> list[Outcome]:
    """All outcomes that an evaluation has left, sorted by metric, class and case.

    Tables that an earlier one has left beside are not its.

    Args:
        folder: ``output_dir`` or ``report_dir`` of the evaluation.
        data: the prepared folder that it ran on: it knows the patients, and the classes of
            candidates.
        split: the one evaluated.
        fold: number of the leave-some-out fold, if there is one.
        candidates: the table of classes of candidates, a path or a name inside ``data``.

    Raises:
        UserError: no such tables, those of weights, scans or classes that were others then, a
            damaged one, or cases that are not of this split, or that the evaluation has not seen.
    """
    place, found = Path(folder), []
    refuse_other_weights(place)
    items, contract, listed = list_split(data, split, fold)
    refuse_other_data(place, items)
    owners = Owners.known(place, [*alone(items, contract), *join(items, contract, listed)])
    judged, predicted = place / CANDIDATES, place / PREDICTIONS
    tables = [path for path in (*place.glob(f"*{RAW}"), judged, predicted) if path.is_file()]
    for path in of_evaluation(place, sorted(tables)):
        if path == judged:
            found += _candidates(path, find_table(candidates, items), owners)
        else:
            own = class_table(place, Path(data))
            read = partial(_classified, table=own) if path == predicted else _segmented
            found += read(path, owners=owners)
    if not found:
        raise UserError(
            f"{place}: no *{RAW}, {CANDIDATES} or {PREDICTIONS}; expected the output_dir or "
            "report_dir of an evaluation"
        )
    return sorted(found, key=lambda each: (each.metric, each.label, each.case))


def refuse_others(path: Path) -> None:
    """Refuse to write outcomes over another file, such as one that they are read from.

    Raises:
        UserError: there is a file with something else in it, or one that a study's result is of.
    """
    head = ",".join(Outcome._fields).encode()
    refuse_to_replace(path, lambda there: there.splitlines()[0] == head, "table of outcomes")
    if path.is_file() and (path.parent.parent / OF_STUDY).is_file():
        raise UserError(f"{path}: there already, of the {OF_STUDY} of a study; name another file")


def write_outcomes(outcomes: Iterable[Outcome], path: Path) -> None:
    """Write a CSV file of outcomes: ``case,patient,label,metric,value``."""

    def write(part: Path) -> None:
        with part.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(Outcome._fields)
            writer.writerows(outcomes)

    write_atomically(path, write)


def _segmented(path: Path, owners: Owners) -> list[Outcome]:
    rows = read_rows(path)
    if CASE not in rows[0]:
        raise UserError(f"{path}: no column {CASE}; {MEND}")
    cases = [row[CASE] for row in rows]
    refuse_repeated(path, cases)
    metric, patients = path.name.removesuffix(RAW), owners.of_cases(cases, path)
    found = []
    for row in rows:
        classes = [name for name in row if name != CASE]
        if len(classes) == 2:  # one class, and the mean over it
            classes.remove(MEAN)
        for name in classes:
            case = row[CASE]
            found.append(Outcome(case, patients[case], name, metric, number(row[name], path)))
    return found


def _candidates(path: Path, table: Path, owners: Owners) -> list[Outcome]:
    judged, known = read_marks(path, "probability"), read_marks(table, "class")
    if not len(judged):
        raise UserError(f"{path}: no row below line 1; {MEND}")
    # A table may have a position twice, and so twice its figures.
    classes: defaultdict[Place, deque[int]] = defaultdict(deque)
    for name, world, value in zip(known.series, known.world_mm.tolist(), known.values, strict=True):
        classes[name, *world].append(int(value))
    found, labels = [], []
    for name, world, value, line in zip(
        judged.series, judged.world_mm.tolist(), judged.values, judged.lines, strict=True
    ):
        if not (left := classes[name, *world]) or name not in owners.patients:
            raise UserError(
                f"{path}: line {line}: no candidate of this split and of {table}, or once more "
                "than there; name the data, --split, --fold and --candidates of the evaluation"
            )
        labels.append(label := left.popleft())
        case = "/".join([name, *(f"{mm:g}" for mm in world)])
        own = case, owners.of(name, path), str(label)
        found.append(Outcome(*own, _OF_A_NODULE, probability(str(value), path)))
        found.append(Outcome(*own, CORRECT, float((value >= 0.5) == label)))
    refuse_other_classes(path, labels)
    return found


def _classified(path: Path, owners: Owners, table: Path | None) -> list[Outcome]:
    """Of predictions, whose classes the table, if there is one, has to have still."""
    rows = [] if table is None else read_case_table(table)
    known = {(row.case, row.label, row.world_mm) for row in rows}
    found, whole, answers = [], [], read_rows(path)
    heads = (name for name in answers[0] if name.startswith(PROBABILITY))
    classes = {name: name.removeprefix(PROBABILITY) for name in heads}
    for line, row in enumerate(answers, 2):
        if not row.get("label") or not {"case", "patient", "predicted"} <= set(row):
            raise UserError(
                f"{path}: says nothing of what is right; expected the table of an evaluation"
            )
        place = [row[axis] for axis in PLACE if row.get(axis)]
        world = tuple(number(mm, path) for mm in place) or None
        if table is not None and (row["case"], row["label"], world) not in known:
            raise UserError(
                f"{path}: line {line}: judged as {row['label']}, but {table} does not say so of "
                f"{row['case']} now; evaluate again"
            )
        if row["patient"] != owners.of(row["case"], path):
            raise UserError(
                f"{path}: {row['case']} of {row['patient']} is no case of this split; {OF_SPLIT}"
            )
        if not row["predicted"] or (classes and row["predicted"] not in classes.values()):
            raise UserError(
                f"{path}: line {line}: predicted {row['predicted']!r} is no class; {MEND}"
            )
        whole += [] if place else [row["case"]]  # a region may stand twice in a table of classes
        own = "/".join([row["case"], *place]), row["patient"], row["label"]
        found.append(Outcome(*own, CORRECT, float(row["predicted"] == row["label"])))
        found += [Outcome(*own, name, probability(row[name], path)) for name in classes]
    refuse_repeated(path, whole)
    return found
