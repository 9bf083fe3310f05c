"""What a study has cost, by kind of run and run by run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from ..cost import Cost, say_costs
from ..store import Store


@dataclass(frozen=True)
class Listing:
    """A plain table of a page.

    Attributes:
        title: above it.
        columns: their titles.
        rows: cells as text.
        prose: between title and table.
        runs: whether the first cell of each row is the key of a run.
    """

    title: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    prose: str = ""
    runs: bool = False


def cost_parts(store: Store, bound: Cost) -> tuple[list[str], list[Listing]]:
    """What the cost page says.

    Args:
        store: results of the study.
        bound: measured before, see :func:`~..cost.read_costs`.

    Returns:
        Sentences and tables.
    """
    if store.runs.empty:
        return ["No run is done."], []
    runs = store.runs.assign(whole=_minutes(store.runs), steps_only=store.runs["seconds"] / 60)
    total = runs.groupby("device")["whole"].sum() / 60
    hours = ", ".join(f"{value:.3g} hours on {device}" for device, value in total.items())
    said = [
        f"{len(runs)} of {len(store.plan.runs)} runs are done: {hours}, from the start of each run "
        "to its result, evaluation included.",
        f"Before the start: {say_costs(bound, store.plan.runs, store.plan)}.",
    ]
    kinds = Listing(
        "By kind of run",
        ("kind", "name", "device", "runs", "minutes each (median, least to most)", "hours"),
        [_kind_row(names, own) for names, own in runs.groupby(["kind", "name", "device"])],
        "Trainings (pretrain, finetune) and measurements on trained models: probe of frozen "
        "features, cka and gradcam, and tbs, an evaluation with batch-norm statistics of the "
        "target alone.",
    )
    each = Listing(
        "Run by run",
        ("run", "device", "steps", "minutes of steps", "minutes in all"),
        [_run_row(row) for _, row in runs.iterrows()],
        runs=True,
    )
    return said, [kinds, each]


def _minutes(runs: pd.DataFrame) -> pd.Series:
    """From start to result; a run that was stopped and gone on with counts its last part."""
    started, finished = (pd.to_datetime(runs[name]) for name in ("started", "finished"))
    return (finished - started).dt.total_seconds() / 60


def _kind_row(names: tuple[str, ...], own: pd.DataFrame) -> tuple[str, ...]:
    whole = own["whole"]
    spread = f"{whole.median():.3g} ({whole.min():.3g} to {whole.max():.3g})"
    return (*names, str(len(own)), spread, f"{whole.sum() / 60:.3g}")


def _run_row(row: pd.Series) -> tuple[str, ...]:
    steps = "-" if pd.isna(row["steps"]) else f"{row['steps']:.0f}"
    return (row["key"], row["device"], steps, _or_dash(row["steps_only"]), _or_dash(row["whole"]))


def _or_dash(value: float) -> str:
    return "-" if pd.isna(value) else f"{value:.3g}"
