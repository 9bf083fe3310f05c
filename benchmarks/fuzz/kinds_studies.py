"""What a study leaves, and what an evaluation leaves for it: plans, results, figures of cases."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from medssl.analysis.outcomes import read_outcomes
from medssl.engines.evaluated_data import note_data
from medssl.engines.evaluation import METRICS, note_table, noted, read_evaluation
from medssl.errors import UserError
from medssl.files import sha256_of
from medssl.store import load_datalist
from medssl.study.doubts import doubts
from medssl.study.plan import make_plan
from medssl.study.result import OUTCOMES_SHA256, write_result
from medssl.study.runs import PRETRAIN, Run
from medssl.study.store import collect
from medssl.study.train import FIGURES, OUTCOMES, RUNS

from . import examples
from .content import digest
from .kind import IN, Kind
from .of_tables import damage_csv
from .of_trees import damage_json

_METRICS = "metrics.json has no checksum: what is plausible is taken as it is written"
_FIGURES = {"dice": 0.5}
_SETTINGS = {
    **{"name": "fuzzed", "data": {"scans": "prepared"}, "pretrain_data": "scans", "seeds": [0, 1]},
    **{"methods": {"ae": "pretrain_autoencoder"}},
    "tasks": {"seg": {"bundle": "volume_segmentation", "data": "scans", "metric": "dice"}},
    "experiments": {"table3": {"start": ["scratch", "ae"], "task": ["seg"]}},
}


def _study(folder: Path) -> None:
    """A study whose runs are all there, but for their weights."""
    plan = make_plan(_SETTINGS, {"scans": "digest"})
    plan.write(folder)
    for run in plan.runs.values():
        _finish(run, folder / RUNS / run.key)


def _finish(run: Run, folder: Path) -> None:
    """Figures as a run leaves them."""
    (folder / FIGURES).mkdir(parents=True)
    (folder / FIGURES / METRICS).write_text(json.dumps(_FIGURES))
    found: dict[str, Any] = {"key": run.key, "metrics": _FIGURES, "versions": {"torch": "2"}}
    found["validation"] = {"dice": [[10, 0.2], [20, 0.4]]}
    if run.kind != PRETRAIN:
        table = folder / FIGURES / OUTCOMES
        rows = [f"{name},{name},ball,dice,0.{n + 1}" for n, name in enumerate(examples.IDS)]
        table.write_text("\n".join(["case,patient,label,metric,value", *rows]) + "\n")
        found[OUTCOMES_SHA256] = sha256_of(table)
    write_result(folder, found)


def _read_study(case: Path) -> str:
    """As a report does: it tells what it doubts, and goes on."""
    study = case / IN
    for line in doubts(study):
        print(line)
    store, figures = collect(study), sorted(study.glob(f"{RUNS}/*/{FIGURES}"))
    frames = [frame.to_csv() for frame in (store.runs, store.cases, store.curves)]
    return digest(frames, [_readable(folder) for folder in figures])


def _readable(figures: Path) -> object:
    """What ``metrics.json`` says to whoever looks at it; nothing where it is damaged."""
    with suppress(UserError):
        return read_evaluation(figures)
    return None


def _evaluated(folder: Path) -> None:
    """The folder of an evaluation of the prepared scans."""
    examples.prepared(folder)
    items = load_datalist(folder / "data", "test", (8, 8, 8), labelled=True)
    place, engine = folder / "evaluation", SimpleNamespace(state=SimpleNamespace())
    place.mkdir()
    for metric in ("dice", "iou"):
        table = place / f"{metric}_raw.csv"
        rows = [f"{item['id']},0.{n + 5},0.5" for n, item in enumerate(items)]
        table.write_text("\n".join(["filename,ball,mean", *rows]) + "\n")
        note_table(engine, table)  # type: ignore[arg-type]
    note_data(engine, items)  # type: ignore[arg-type]
    (place / METRICS).write_text(json.dumps({**_FIGURES, **noted(engine, place)}))  # type: ignore[arg-type]


def _read_evaluation(case: Path) -> str:
    return digest(
        [list(row) for row in read_outcomes(case / IN / "evaluation", case / IN / "data")]
    )


KINDS = (
    Kind(
        "study's files",
        _study,
        _read_study,
        {
            "plan.json": damage_json,
            f"{RUNS}/*/result.json": damage_json,
            f"{RUNS}/*/{FIGURES}/{METRICS}": damage_json,
            f"{RUNS}/*/{FIGURES}/{OUTCOMES}": damage_csv,
        },
        200,
    ),
    Kind("evaluation's tables", _evaluated, _read_evaluation, {"evaluation/*.csv": damage_csv}, 80),
    Kind(
        "evaluation's metrics",
        _evaluated,
        _read_evaluation,
        {f"evaluation/{METRICS}": damage_json},
        120,
        {"": _METRICS},
    ),
)
