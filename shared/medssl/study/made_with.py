"""What a run was made with beside its keys: its bundle's configs, the weights it began from."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from ..analysis.bundles import evaluation_beside, read_json
from ..engines.identity import digest
from .result import RESULT, read_result
from .runs import Plan, Run
from .train import RUNS, Found

CONFIGS, BEGAN_FROM = "configs_sha256", "began_from"  # keys of a result
_WEIGHTS = "model_sha256"


def made_with(run: Run, study: Path) -> Found:
    """What the result of a run says of it.

    Keys of runs hold what differs from a bundle's configs, not the configs: these change when
    medssl does. Weights of a pretraining that was run again, for one whose results alone were kept,
    are equal but for rounding.
    """
    began = {key: read_result(study / RUNS / key).get(_WEIGHTS) for key in run.upstream}
    return {
        CONFIGS: digest_of_configs((*run.files, evaluation_beside(run.files[0]))),
        BEGAN_FROM: began,
    }


@lru_cache
def digest_of_configs(files: Sequence[str]) -> str | None:
    """Of what a bundle's configs say, however they are laid out; None where one is not there."""
    if not all(Path(file).is_file() for file in files):
        return None
    return digest([read_json(Path(file)) for file in files])


def mixtures(plan: Plan, study: Path) -> list[str]:
    """A line for each bundle, and each pretraining, of which finished runs were made with another.

    Results that do not say what they were made with pass.

    Raises:
        UserError: see :func:`~.result.read_result`.
    """
    done = {
        key: read_result(study / RUNS / key)
        for key in plan.runs
        if (study / RUNS / key / RESULT).is_file()
    }
    configs: dict[str, list[str]] = {}
    weights: dict[str, list[str]] = {}
    for key, result in done.items():
        run = plan.runs[key]
        now = digest_of_configs((*run.files, evaluation_beside(run.files[0])))
        if now is not None and result.get(CONFIGS, now) != now:
            configs.setdefault(run.bundle, []).append(key)
        for upstream, began in result.get(BEGAN_FROM, {}).items():
            if began != done.get(upstream, {}).get(_WEIGHTS, began):
                weights.setdefault(upstream, []).append(key)
    return [
        *(
            f"{bundle}: its configs said otherwise when {_some(keys)} made; remove {RESULT} in the "
            "folder of each, and start the study again, to have all made alike"
            for bundle, keys in configs.items()
        ),
        *(
            f"{upstream}: was run again, after {_some(keys)} made from its weights (SHA-256): "
            "these were others, if only by rounding"
            for upstream, keys in weights.items()
        ),
    ]


def _some(keys: Sequence[str]) -> str:
    """Such as "x was", "3 runs (x, y, ...) were"."""
    if len(keys) == 1:
        return f"{keys[0]} was"
    return f"{len(keys)} runs ({', '.join(keys[:2])}{', ...' if len(keys) > 2 else ''}) were"
