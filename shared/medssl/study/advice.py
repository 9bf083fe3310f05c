"""What studies of one's own say to ``medssl advise``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ..analysis.advice import Line
from ..analysis.evidence.judged import AUC
from ..analysis.outcomes import CORRECT
from ..errors import UserError
from .store import Store, collect
from .tables.beyond import BEYOND

CLASSIFICATION = (AUC, CORRECT, "accuracy")  # metrics of tasks that are none of segmentation
SYNTHETIC = "synthetic data: says nothing about methods"


def study_advice(folder: str | Path, task: str, labels: int) -> list[Line]:
    """What a study of few labels has found: over all numbers of labels, and at the nearest one.

    Args:
        folder: of the study, with ``plan.json``.
        task: segmentation or classification; tasks of the study that are none say nothing.
        labels: labelled cases.

    Raises:
        UserError: no study there, or none of numbers of labels in such a task.
    """
    store = _of_kind(collect(folder), task == "classification")
    lines = [
        line
        for table in BEYOND
        if table.belongs_to(store.plan)
        for line in table.said(store, labels)
    ]
    if not lines:
        raise UserError(
            f"{folder}: a study without numbers of labels (experiment labels) in a {task}; name "
            "another one, or the JSON of `medssl analyse compare`"
        )
    if store.plan.synthetic:
        lines = [replace(line, sure=SYNTHETIC) for line in lines]
    return [replace(line, topic=f"your own study, {line.topic}") for line in lines]


def _of_kind(store: Store, classification: bool) -> Store:
    """The store without cells of other tasks."""
    tasks = store.plan.tasks
    cells = [
        cell
        for cell in store.plan.cells
        if cell.task in tasks and (tasks[cell.task]["metric"] in CLASSIFICATION) == classification
    ]
    return replace(store, plan=replace(store.plan, cells=tuple(cells)))
