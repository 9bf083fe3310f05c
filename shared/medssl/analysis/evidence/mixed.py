"""A mixed model: effects of the starts, with patients and runs as crossed random effects."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ...errors import UserError
from ..statistics import Estimate
from .arms import MeanArm, quotient


@dataclass(frozen=True)
class MixedEffect:
    """What a start adds to the baseline.

    Attributes:
        name: of the start.
        effect: with a 95 % interval (Wald).
        p: two-sided.
    """

    name: str
    effect: Estimate
    p: float


@dataclass(frozen=True)
class MixedModel:
    """Effects and the parts of the variance.

    Attributes:
        effects: of all starts but the baseline.
        patient_sd, run_sd, rest_sd: standard deviations between patients, between runs of a start,
            and of what is left.
    """

    effects: tuple[MixedEffect, ...]
    patient_sd: float
    run_sd: float
    rest_sd: float


def mixed_model(arms: Mapping[str, MeanArm], baseline: str = "scratch") -> MixedModel:
    """Fit ``value ~ start + (1 | patient) + (1 | run)`` to the means of patient and run.

    Args:
        arms: by start, of the same patients.
        baseline: the start that the others are measured against.

    Raises:
        UserError: no such baseline, fewer than two arms, patients or runs, or no statsmodels.
    """
    if baseline not in arms or len(arms) < 2:
        raise UserError(f"{baseline}: expected this arm and another one, got {', '.join(arms)}")
    rows = _rows(arms)
    if len(set(rows["patient"])) < 2 or len(set(rows["run"])) <= len(arms):
        raise UserError(
            "mixed model: expected two or more patients, and two or more seeds of a start"
        )
    try:
        import pandas as pd
        from statsmodels.formula.api import mixedlm
    except ImportError as error:
        raise UserError("a mixed model needs statsmodels: pip install 'medssl[study]'") from error
    formula = f"value ~ C(start, Treatment({baseline!r}))"
    parts = {"patient": "0 + C(patient)", "run": "0 + C(run)"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a variance at its boundary, 0, is an answer
        fit = mixedlm(
            formula,
            pd.DataFrame(rows),
            groups=np.ones(len(rows["value"])),
            re_formula="0",
            vc_formula=parts,
        ).fit()
        interval = fit.conf_int()
    effects = []
    for name in (name for name in arms if name != baseline):
        term = f"C(start, Treatment({baseline!r}))[T.{name}]"
        low, high = interval.loc[term]
        found = Estimate(float(fit.params[term]), float(low), float(high))
        effects.append(MixedEffect(name, found, float(fit.pvalues[term])))
    order = fit.model.exog_vc.names
    spreads = dict(zip(order, np.sqrt(np.maximum(fit.vcomp, 0)), strict=True))
    sds = float(spreads["patient"]), float(spreads["run"]), float(np.sqrt(fit.scale))
    return MixedModel(tuple(effects), *sds)


def _rows(arms: Mapping[str, MeanArm]) -> dict[str, list[str | float]]:
    """Columns of one row for each start, seed and patient that has a value."""
    rows: dict[str, list[str | float]] = {"value": [], "start": [], "patient": [], "run": []}
    for name, arm in arms.items():
        means = quotient(arm.sums, arm.counts)
        for line, column in np.argwhere(~np.isnan(means)):
            run = f"{name}, seed {arm.seeds[line]}"
            entry = (float(means[line, column]), name, arm.patients[column], run)
            for key, value in zip(rows, entry, strict=True):
                rows[key].append(value)
    return rows
