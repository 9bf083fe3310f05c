"""Metrics that runs of a bundle can be compared by, case by case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..analysis.bundles import Config
from ..analysis.evidence.judged import AUC
from ..analysis.outcomes import CORRECT
from ..engines.candidates import SaveCandidates
from ..engines.case_tables import CaseTables
from ..engines.predictions import SavePredictions

_CLASSES = (SaveCandidates.__name__, SavePredictions.__name__)  # which write a class for each case


def compared_by(evaluation: Config) -> list[str]:
    """Metrics of which an evaluation leaves a value for each case; none where it does not tell.

    Args:
        evaluation: ``evaluate.json`` and what lies beneath, merged, with nothing resolved.
    """
    validate = evaluation.get("validate", {})
    handlers = validate.get("handlers") if isinstance(validate, Mapping) else None
    found: list[str] = []
    for handler in handlers if isinstance(handlers, list) else []:
        kind = _class_of(handler)
        if kind in _CLASSES:
            found += [AUC, CORRECT]
        elif kind == CaseTables.__name__ and isinstance(handler.get("metrics"), list):
            found += map(str, handler["metrics"])
    return list(dict.fromkeys(found))


def _class_of(handler: Any) -> str:
    """Name of a component's class, whatever the library is called in a packed bundle."""
    target = handler.get("_target_") if isinstance(handler, Mapping) else None
    return str(target).rpartition(".")[2]
