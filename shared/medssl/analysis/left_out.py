"""What classifiers on frozen features say of a patient when fitted on all the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import LeaveOneGroupOut
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ..errors import UserError

# The middle of what ``medssl probe`` chooses from: with a handful of patients there is nothing to
# choose by, and a choice would have to be made anew for each patient left out.
PENALTY, NEIGHBOURS = 1e-2, 10
CLASSIFIERS = ("linear", "kNN")


def certainties(
    values: NDArray[np.floating[Any]],
    labels: NDArray[np.int64],
    patients: Sequence[str],
    classifier: str,
) -> NDArray[np.float64]:
    """How sure a classifier is of each class, fitted without the patient in question.

    Features are standardised by the patients that are fitted on. ``linear`` is logistic regression,
    ``kNN`` the vote of ten neighbours by cosine similarity. Both count every class alike, however
    many crops it has.

    Args:
        values: ``(N, F)`` features.
        labels: ``(N,)`` classes from 0 on.
        patients: of each crop.
        classifier: one of ``CLASSIFIERS``.

    Returns:
        ``(N, classes)``; rows sum to 1.

    Raises:
        UserError: a class in fewer than two patients, which could not be fitted without each.
    """
    owners = np.asarray(patients)
    for label in np.unique(labels):
        if len(set(owners[labels == label])) < 2:
            raise UserError(f"labels: class {label} in one patient, expected at least 2; add scans")
    found = np.zeros((len(labels), int(labels.max()) + 1))
    for kept, left in LeaveOneGroupOut().split(values, labels, groups=owners):
        model = _model(classifier, len(kept)).fit(values[kept], labels[kept])
        shares = model.predict_proba(values[left])
        if classifier == "kNN":
            shares = shares / np.bincount(labels[kept])[model.classes_]
        found[np.ix_(left, model.classes_)] = shares / shares.sum(1, keepdims=True)
    return found


def _model(classifier: str, crops: int) -> Any:
    if classifier == "linear":
        last = LogisticRegression(C=PENALTY, class_weight="balanced", max_iter=2000)
    else:
        last = KNeighborsClassifier(min(NEIGHBOURS, crops), metric="cosine")
    return make_pipeline(StandardScaler(), last)
