"""One run of a study: alone in its folder, and its result written last and at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..engines.guard import did_you_mean
from ..engines.identity import now, versions
from ..errors import UserError
from ..files import write_json
from ..store.lock import lock_folder, release_folder
from .measures import cka, gradcam, probe, tbs
from .runs import FINETUNE, PRETRAIN, Run, read_plan
from .train import RUNS, Found, device_name, train

RESULT = "result.json"
FORMAT = 1  # of result.json
KINDS: dict[str, Callable[[Run, Path], Found]] = {
    **{PRETRAIN: train, FINETUNE: train},
    **{"probe": probe, "tbs": tbs, "cka": cka, "gradcam": gradcam},
}


def launch(study: str | Path, key: str) -> Path:
    """Do a run of a plan, unless it is done; what was begun is gone on with.

    Its folder ``runs/KEY`` holds ``models`` (weights, checkpoint, trace), ``test`` (figures and
    tables of cases) and, when all of it is there, ``result.json``.

    Args:
        study: folder with ``plan.json``.
        key: of the run.

    Returns:
        The path of ``result.json``.

    Raises:
        UserError: no such run, one that it rests on is missing, another process is at it, or what
            the training or the evaluation refuses.
    """
    study = Path(study).absolute()
    runs = read_plan(study).runs
    if key not in runs:
        raise UserError(
            f"{key}: no such run in {study}{did_you_mean(key, runs, '')}; `medssl study plan` "
            "writes the list anew"
        )
    run, folder = runs[key], study / RUNS / key
    result = folder / RESULT
    for upstream in run.upstream:
        if not (study / RUNS / upstream / RESULT).is_file():
            raise UserError(f"{key}: rests on {upstream}; run that first")
    if result.is_file():
        print(f"{key}: done before")
        return result
    lock_folder(folder)
    try:
        started = now()
        found = KINDS[run.kind](run, study)
        what: dict[str, Any] = {
            "format": FORMAT,
            "key": key,
            **{name: getattr(run, name) for name in ("kind", "name", "start", "bundle", "keys")},
            **{name: getattr(run, name) for name in ("seed", "upstream", "weights", "content")},
        }
        about = {"started": started, "finished": now(), "device": device_name(run)}
        write_json(result, {**what, **found, **about, "versions": versions()})
    finally:
        release_folder(folder)
    print(f"{key}: done")
    return result
