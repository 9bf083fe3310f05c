"""Metrics that runs of a bundle can be compared by, case by case."""

from __future__ import annotations

from collections.abc import Mapping

from ..analysis.bundles import Config
from ..analysis.evidence.judged import AUC
from ..analysis.outcomes import CORRECT
from ..engines.candidates import SaveCandidates
from ..engines.case_tables import CaseTables
from ..engines.predictions import SavePredictions
from ..engines.sizes import class_name

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
        kind = class_name(handler)
        if kind in _CLASSES:
            found += [AUC, CORRECT]
        elif kind == CaseTables.__name__ and isinstance(handler.get("metrics"), list):
            found += map(str, handler["metrics"])
    return list(dict.fromkeys(found))
