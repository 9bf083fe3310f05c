"""From outcomes of evaluations to arms that can be compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...engines.predictions import PROBABILITY
from ...errors import UserError
from ..outcomes import CORRECT, MEAN, Outcome
from .areas import AucArm
from .arms import Arm, MeanArm

AUC = "auc"


def arm_of(
    runs: Mapping[int, Sequence[Outcome]],
    metric: str,
    label: str | None = None,
    name: str = "runs",
) -> Arm:
    """One way of training, from the outcomes of its runs.

    Args:
        runs: outcomes by seed, see :func:`~..outcomes.read_outcomes`.
        metric: such as ``dice``; ``auc`` of a class against all others; ``correct``, of whose mean
            the accuracy is made.
        label: the class; by default the mean over classes, or the only one; of an AUC of two
            classes the second one.
        name: of the arm, for messages.

    Raises:
        UserError: no such metric or class, or runs judged on other cases.
    """
    if metric == AUC:
        return _auc(runs, label, name)
    every = {each.metric for rows in runs.values() for each in rows}
    if metric not in every:
        raise UserError(f"{name}: no outcome {metric}; expected {_words(every, AUC)}")
    chosen = {seed: [row for row in rows if row.metric == metric] for seed, rows in runs.items()}
    there = {row.label for rows in chosen.values() for row in rows}
    if label is None and metric != CORRECT:
        label = MEAN if MEAN in there else next(iter(there)) if len(there) == 1 else None
        if label is None:
            raise UserError(f"{name}: several classes; name one of {_words(there)}")
    if label is not None and label not in there:
        raise UserError(f"{name}: no class {label} of {metric}; expected {_words(there)}")
    rows = {
        seed: [(r.case, r.patient, r.value) for r in each if label is None or r.label == label]
        for seed, each in chosen.items()
    }
    return MeanArm.of(rows, name)


def _auc(runs: Mapping[int, Sequence[Outcome]], label: str | None, name: str) -> Arm:
    metrics = {each.metric for rows in runs.values() for each in rows}
    classes = sorted(each.removeprefix(PROBABILITY) for each in metrics if PROBABILITY in each)
    if not classes:
        raise UserError(f"{name}: no classification; expected {_words(metrics)}")
    if label is None and len(classes) > 2:
        raise UserError(f"{name}: an AUC of which class? name one of {_words(classes)}")
    wanted = classes[-1] if label is None else label
    if wanted not in classes:
        raise UserError(f"{name}: no class {wanted}; expected {_words(classes)}")
    rows = {
        seed: [
            (row.case, row.patient, row.value, int(row.label == wanted))
            for row in each
            if row.metric == f"{PROBABILITY}{wanted}"
        ]
        for seed, each in runs.items()
    }
    return AucArm.of(rows, name)


def _words(names: set[str] | Sequence[str], *others: str) -> str:
    return ", ".join([*sorted(names), *others])
