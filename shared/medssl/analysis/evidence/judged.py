"""From outcomes of evaluations to arms that can be compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Generic, TypeVar

from ...engines.predictions import PROBABILITY
from ...errors import UserError
from ..outcomes import CORRECT, MEAN, Outcome
from .areas import AucArm
from .arms import Arm, MeanArm
from .direction import sign_of

AUC = "auc"
Case = tuple[str, str]  # its name and its patient
Outcomes = Mapping[int, Sequence[Outcome]]  # by seed
Name = TypeVar("Name", bound=str | tuple[str, ...])  # of an arm, or keys of its runs


def arm_of(runs: Outcomes, metric: str, label: str | None = None, name: str = "runs") -> Arm:
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
    chosen = _chosen(runs, metric, label, name)
    if metric != AUC:
        values = {s: [(r.case, r.patient, r.value) for r in rows] for s, rows in chosen.items()}
        return MeanArm.of(values, name, sign_of(metric))
    scores = {
        seed: [(r.case, r.patient, r.value, int(PROBABILITY + r.label == r.metric)) for r in rows]
        for seed, rows in chosen.items()
    }
    return AucArm.of(scores, name)


@dataclass(frozen=True)
class SharedArms(Generic[Name]):
    """Ways of training on the cases that all runs of all of them have.

    Attributes:
        arms: by name.
        left_out: by name, how many more cases some run of it has.
    """

    arms: dict[Name, Arm]
    left_out: dict[Name, int]


def arms_on_shared_cases(
    runs: Mapping[Name, Outcomes], metric: str, label: str | None = None, name: str = "runs"
) -> SharedArms[Name]:
    """Arms that are compared on the same cases, so that cases make none of their differences.

    A case without a value (NaN) in one run is left out of all.

    Args:
        runs: outcomes by name and seed.
        metric, label, name: see :func:`arm_of`.

    Raises:
        UserError: see :func:`arm_of`, or no case that all runs have.
    """
    chosen = {own: _chosen(each, metric, label, name) for own, each in runs.items()}
    there = {
        own: [{(r.case, r.patient) for r in rows if not isnan(r.value)} for rows in each.values()]
        for own, each in chosen.items()
    }
    shared = _shared({own: set.intersection(*each) for own, each in there.items()}, name)
    kept = {
        own: {s: [r for r in rows if (r.case, r.patient) in shared] for s, rows in each.items()}
        for own, each in chosen.items()
    }
    arms = {own: arm_of(each, metric, label, name) for own, each in kept.items()}
    return SharedArms(arms, {own: len(set.union(*each) - shared) for own, each in there.items()})


def with_values(
    runs: Mapping[Name, Outcomes], metric: str, label: str | None = None
) -> tuple[dict[Name, dict[int, list[Outcome]]], dict[Name, int]]:
    """The outcomes that arms are made of, without the cases that have no value (NaN) in some run.

    A way of training that misses what is hard would else be judged on the easy cases alone: what is
    missed has no distance.

    Args:
        runs: outcomes by name and seed.
        metric, label: see :func:`arm_of`.

    Returns:
        The outcomes, and by name how many cases have no value in some run of it, where any.

    Raises:
        UserError: no such metric or class, or no case has a value in all runs.
    """
    chosen = {own: _chosen(each, metric, label, str(own)) for own, each in runs.items()}
    lacking = {
        own: {(r.case, r.patient) for rows in each.values() for r in rows if isnan(r.value)}
        for own, each in chosen.items()
    }
    gone = set[Case]().union(*lacking.values())
    kept = {
        own: {s: [r for r in rows if (r.case, r.patient) not in gone] for s, rows in each.items()}
        for own, each in chosen.items()
    }
    if gone and not all(rows for each in kept.values() for rows in each.values()):
        raise UserError(
            f"{metric}: no case has a value in every run; compare by another metric or class, or "
            "leave out the runs that find nothing"
        )
    return kept, {own: len(cases) for own, cases in lacking.items() if cases}


def _shared(cases: Mapping[Name, set[Case]], name: str) -> set[Case]:
    """Cases that all have; the first that has none of those before is told."""
    shared: set[Case] | None = None
    for own, its in cases.items():
        shared = its if shared is None else shared & its
        if not shared:
            called = own if isinstance(own, str) else ", ".join(own)
            raise UserError(
                f"{name}: no case that all runs have, none is left with {called}; evaluate them on "
                "one test split"
            )
    return shared or set()


def _chosen(runs: Outcomes, metric: str, label: str | None, name: str) -> dict[int, list[Outcome]]:
    """Of each run one outcome of each case: those that an arm is made of."""
    if metric == AUC:
        wanted = f"{PROBABILITY}{_positive(runs, label, name)}"
        return {seed: [row for row in rows if row.metric == wanted] for seed, rows in runs.items()}
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
    return {s: [r for r in rows if label in (None, r.label)] for s, rows in chosen.items()}


def _positive(runs: Outcomes, label: str | None, name: str) -> str:
    """The class that an AUC tells from all others."""
    metrics = {each.metric for rows in runs.values() for each in rows}
    classes = sorted(each.removeprefix(PROBABILITY) for each in metrics if PROBABILITY in each)
    if not classes:
        raise UserError(f"{name}: no classification; expected {_words(metrics)}")
    if label is None and len(classes) > 2:
        raise UserError(f"{name}: an AUC of which class? name one of {_words(classes)}")
    wanted = classes[-1] if label is None else label
    if wanted not in classes:
        raise UserError(f"{name}: no class {wanted}; expected {_words(classes)}")
    return wanted


def _words(names: set[str] | Sequence[str], *others: str) -> str:
    return ", ".join([*sorted(map(str, names)), *others])
