"""What came out: has pretraining learnt, and did its weights help?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..analysis import Estimate, cluster_bootstrap
from ..analysis.health.beside import hardest
from ..analysis.outcomes import CASE, MEAN
from ..analysis.table_rows import number, read_rows, refuse_repeated
from ..engines.evaluation import MEND, of_evaluation, read_evaluation
from ..errors import UserError
from .folders import ARMS, SEEDS, Folders


def read_cases(folder: Path) -> dict[str, float]:
    """Dice by nodule from the CSV that the evaluation wrote.

    Raises:
        UserError: it is not as it was written.
    """
    (table,) = of_evaluation(folder, [folder / "dice_raw.csv"])
    rows = read_rows(table)
    if lacking := {CASE, MEAN} - rows[0].keys():
        raise UserError(f"{table}: no column {min(lacking)}; {MEND}")
    refuse_repeated(table, (row[CASE] for row in rows))
    return {row[CASE]: number(row[MEAN], table) for row in rows}


@dataclass(frozen=True)
class Effect:
    """The hand-over's effect on the test nodules.

    ``dice`` of each arm and its paired ``difference``, means over the seeds with intervals over
    scans; ``seeds``: the mean difference of each seed alone; ``nodules`` and ``scans`` counted.
    """

    dice: dict[str, Estimate]
    difference: Estimate
    seeds: tuple[float, ...]
    nodules: int
    scans: int


def compare(folders: Folders) -> Effect:
    """Both arms on the same nodules, nodule by nodule and seed by seed.

    Raises:
        UserError: a table is damaged, or of other nodules than the others.
    """
    tables = {arm: [read_cases(folders.task(arm, seed)) for seed in SEEDS] for arm in ARMS}
    names = list(tables["scratch"][0])
    judged = ((arm, *run) for arm in ARMS for run in zip(SEEDS, tables[arm], strict=True))
    for arm, seed, table in judged:
        if table.keys() != set(names):
            raise UserError(
                f"{folders.task(arm, seed)}: judged on other nodules than the first run; evaluate "
                "all on one data set"
            )
    scans = [name.rsplit("_", 1)[0] for name in names]
    values = {
        arm: np.array([[table[name] for name in names] for table in runs])
        for arm, runs in tables.items()
    }
    gain = values["pretrained"] - values["scratch"]
    return Effect(
        {arm: cluster_bootstrap(value.mean(0), scans) for arm, value in values.items()},
        cluster_bootstrap(gain.mean(0), scans),
        tuple(float(seed) for seed in gain.mean(1)),
        len(names),
        len(set(scans)),
    )


def has_helped(effect: Effect) -> str:
    """Say in words what the interval and the seeds allow to say."""
    seeds = ", ".join(f"{seed:+.3f}" for seed in effect.seeds)
    counted = f"{effect.nodules} test nodules of {effect.scans} scans"
    beside = f"difference of dice {effect.difference} on {counted}; seed by seed {seeds}"
    if effect.difference.low > 0 and min(effect.seeds) > 0:
        return f"Higher with pretraining, by the interval and in every seed: {beside}."
    if effect.difference.high < 0 and max(effect.seeds) < 0:
        return f"Lower with pretraining, by the interval and in every seed: {beside}."
    if effect.difference.low > 0 or effect.difference.high < 0:
        return f"No evidence of a gain or a loss, as the seeds disagree: {beside}."
    return f"No evidence of a gain or a loss: {beside}."


def has_learnt(metrics: Mapping[str, float]) -> str:
    """Say what pretraining has learnt, beside the best answer that needs no learning."""
    answer = hardest(metrics)[0].best
    figures = (
        f"held-out error {metrics['mse']:.4f}, {answer[0]} {answer[1]:.4f}; "
        f"skill {metrics['skill']:.3f}"
    )
    if "skill_low" not in metrics:  # intervals are over scans
        return f"One held-out scan does not tell whether pretraining has learnt: {figures}."
    low, high = metrics["skill_low"], metrics["skill_high"]
    figures += f" [{low:.3f}, {high:.3f}]"
    if low > 0:
        return f"Pretraining has learnt to restore what it has not seen: {figures}."
    return f"Pretraining has NOT learnt more than {answer[0]}; its weights cannot help: {figures}."


def pretraining_metrics(folders: Folders) -> dict[str, float]:
    """What the pretraining's evaluation wrote."""
    found = read_evaluation(folders.pretraining)
    return {key: value for key, value in found.items() if isinstance(value, int | float)}
