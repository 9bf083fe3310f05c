"""Tables of a study: one function gives one frame, from which every form of the table is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from ..analysis.evidence import Arm, arm_of, compare_arms, estimate, spread
from ..analysis.outcomes import Outcome
from .catalogue import SCRATCH
from .runs import FINETUNE, Cell
from .store import Store

COLUMNS = (
    *("row", "column", "mean", "sd", "low", "high", "seeds", "patients"),
    *("difference", "difference_low", "difference_high", "p", "p_adjusted", "false_claim"),
    *("verdict", "paper", "paper_difference", "doubt", "keys"),
)
NOT_RUN, BASELINE = "not run", "baseline"
# What the paper's Table 3 shows of each task.
TABLE3 = (
    *(("ncc", "auc"), ("ncs", "dice"), ("ncs", "miou"), ("ncs", "miou_plus")),
    *(("lcs", "dice"), ("lcs", "iou")),
)


def read_paper(path: Path) -> pd.DataFrame:
    """The paper's numbers: experiment, row, column, value, unit, source, doubt."""
    return pd.read_csv(path, keep_default_na=False, dtype={"value": float})


def table3(store: Store, paper: pd.DataFrame) -> pd.DataFrame:
    """The main comparison: every start beside training from scratch, by task and metric.

    Returns:
        One row for each start and column (``TASK METRIC``), with the columns of ``COLUMNS``: mean
        and 95 % interval over runs and patients, sd over runs, difference from scratch with its
        interval, paired test before and after Holm (one family for each column), probability of a
        false claim, ``verdict`` in fixed words, the paper's figure and its difference from the
        paper's scratch as fractions, why it is doubtful, and the runs. ``not run`` where runs are
        missing.
    """
    cells = [c for c in store.plan.cells if c.experiment == "table3" and c.kind == FINETUNE]
    printed = paper[paper["experiment"] == "table3"].set_index(["row", "column"])
    rows = []
    for task, metric in TABLE3:
        own = [cell for cell in cells if cell.task == task]
        rows += [_with_paper(row, printed) for row in column(store, own, metric, task)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def column(
    store: Store, cells: Sequence[Cell], metric: str, task: str | None = None
) -> list[dict[str, Any]]:
    """One column of a table: each start against scratch, on the seeds that all of them have."""
    starts = list(dict.fromkeys(cell.start for cell in cells))
    done = {
        name: {c.seed: c.key for c in cells if c.start == name and c.key in store.runs.index}
        for name in starts
    }
    there = {name: keys for name, keys in done.items() if keys}
    seeds = sorted(set.intersection(*map(set, there.values()))) if there else []
    used = {name: {seed: keys[seed] for seed in seeds} for name, keys in there.items() if seeds}
    arms = {name: arm_of(_outcomes(store, keys), metric, None, name) for name, keys in used.items()}
    compared = compare_arms(arms, SCRATCH) if SCRATCH in arms and len(arms) > 1 else []
    judged = {each.name: each for each in compared}
    title = f"{task} {metric}"
    rows: list[dict[str, Any]] = []
    for name in starts:
        row: dict[str, Any] = {"row": name, "column": title, "verdict": NOT_RUN, "keys": ""}
        if name in arms:
            row |= _figures(arms[name]) | {"keys": " ".join(used[name].values())}
            row["verdict"] = BASELINE if name == SCRATCH else ""
        if name in judged:
            one = judged[name]
            gap = one.difference
            row |= {"difference": gap.mean, "difference_low": gap.low, "difference_high": gap.high}
            row |= {"p": one.p, "p_adjusted": one.p_adjusted, "false_claim": one.false_claim}
            row["verdict"] = one.verdict
        rows.append(row)
    return rows


def _outcomes(store: Store, keys: Mapping[int, str]) -> dict[int, list[Outcome]]:
    """Outcomes of runs, by seed."""
    by_key = {key: frame for key, frame in store.cases.groupby("key") if key in keys.values()}
    fields = list(Outcome._fields)
    return {
        seed: [Outcome(*row) for row in by_key[key][fields].itertuples(index=False, name=None)]
        for seed, key in keys.items()
    }


def _figures(arm: Arm) -> dict[str, Any]:
    mean = estimate(arm)
    sizes = {"seeds": len(arm.seeds), "patients": len(arm.patients)}
    return {"mean": mean.mean, "low": mean.low, "high": mean.high, "sd": spread(arm), **sizes}


def _with_paper(row: dict[str, Any], printed: pd.DataFrame) -> dict[str, Any]:
    place, base = (row["row"], row["column"]), (SCRATCH, row["column"])
    if place not in printed.index:
        return row
    value, doubt = printed.loc[place, "value"] / 100, printed.loc[place, "doubt"]
    gain = value - printed.loc[base, "value"] / 100 if base in printed.index else None
    return {**row, "paper": value, "paper_difference": gain, "doubt": doubt}
