"""One run of a study: alone in its folder, and its result written last and at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..engines.guard import did_you_mean
from ..engines.identity import now, versions
from ..engines.interrupt import stopping_after_steps
from ..errors import InfeasibleError, UserError, chain, readable
from ..files import sha256_of
from ..store.lock import lock_folder, release_folder
from .contents import check_contents
from .made_with import made_with
from .measures import cka, gradcam, probe, tbs
from .places import without_folders
from .result import INFEASIBLE, OUTCOMES_SHA256, RESULT, read_result, write_result
from .runs import FINETUNE, PRETRAIN, Plan, Run, read_plan
from .train import FIGURES, OUTCOMES, RUNS, Found, check_weights, device_name, train

KINDS: dict[str, Callable[[Run, Path], Found]] = {
    **{PRETRAIN: train, FINETUNE: train},
    **{"probe": probe, "tbs": tbs, "cka": cka, "gradcam": gradcam},
}


def launch(study: str | Path, key: str) -> Path:
    """Do a run of a plan, unless it is done; what was begun is gone on with.

    Its folder ``runs/KEY`` holds ``models`` (weights, checkpoint, trace), ``test`` (figures and
    tables of cases) and, when all of it is there, ``result.json``. Where the data do not hold what
    it, or a run that it rests on, asks for, that has the reason (``INFEASIBLE``) and no figures.

    Args:
        study: folder with ``plan.json``.
        key: of the run.

    Returns:
        The path of ``result.json``.

    Raises:
        UserError: no such run, one that it rests on is missing, a result is another run's,
            weights are not those of their result, data, released weights or overlays not those of
            the plan, another process is at it, or what the training or the evaluation refuses.
    """
    study = Path(study).absolute()
    plan = read_plan(study)
    if key not in plan.runs:
        raise UserError(
            f"{key}: no such run in {study}{did_you_mean(key, plan.runs, '')}; `medssl study plan` "
            "writes the list anew"
        )
    run, folder = plan.runs[key], study / RUNS / key
    result = folder / RESULT
    for upstream in run.upstream:
        if not (study / RUNS / upstream / RESULT).is_file():
            raise UserError(f"{key}: rests on {upstream}; run that first")
    if result.is_file():
        print(_said(read_result(folder), "done before"))
        return result
    for upstream in run.upstream:
        check_weights(study, upstream)
    check_contents(run)
    lock_folder(folder)
    try:
        started = now()
        found = {**_measured(run, plan, study), **_hash_of_cases(folder)}
        what: dict[str, Any] = {
            "key": key,
            **{name: getattr(run, name) for name in ("kind", "name", "start", "bundle", "keys")},
            **{name: getattr(run, name) for name in ("seed", "upstream", "content")},
            "weights": run.released,
        }
        about = {"started": started, "finished": now(), "device": device_name(run)}
        about |= made_with(run, study)
        write_result(folder, {**what, **found, **about, "versions": versions()})
    finally:
        release_folder(folder)
    print(_said({**what, **found}, "done"))
    return result


def _measured(run: Run, plan: Plan, study: Path) -> Found:
    """What a run finds; the reason alone where it asks, or rests on one that asks, for too much."""
    for upstream in run.upstream:
        if reason := read_result(study / RUNS / upstream).get(INFEASIBLE):
            return {"metrics": {}, INFEASIBLE: reason}
    try:
        with stopping_after_steps():
            return KINDS[run.kind](run, study)
    except Exception as error:
        reasons = [str(each) for each in chain(error) if isinstance(each, InfeasibleError)]
        if not reasons:
            raise
        # Results are kept and shared: where this machine has its files is nobody's.
        return {"metrics": {}, INFEASIBLE: without_folders(readable(reasons[-1]), plan, study)}


def _hash_of_cases(folder: Path) -> Found:
    """Of the table of cases that a run has left, if it has."""
    table = folder / FIGURES / OUTCOMES
    return {OUTCOMES_SHA256: sha256_of(table)} if table.is_file() else {}


def _said(result: Found, otherwise: str) -> str:
    """How a run has ended, in one line; the engine looks for the words "not feasible"."""
    reason = result.get(INFEASIBLE)
    return f"{result['key']}: {f'not feasible: {reason}' if reason else otherwise}"
