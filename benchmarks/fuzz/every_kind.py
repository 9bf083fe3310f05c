"""All kinds of input, and a campaign of one of them."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from . import kinds_configs, kinds_runs, kinds_scans, kinds_store, kinds_studies, kinds_zips
from .campaign import Campaign, Tried

KINDS = (
    *kinds_scans.KINDS,
    *kinds_store.KINDS,
    *kinds_runs.KINDS,
    *kinds_studies.KINDS,
    *kinds_zips.KINDS,
    *kinds_configs.KINDS,
)


def apart(name: str, work: Path, seed: int, numbers: Sequence[int], jobs: int) -> list[Tried]:
    """Inputs of one kind, tried by a process of its own, as reading may start threads.

    It is no daemon, which may not have the children that load data.
    """
    with ProcessPoolExecutor(1, multiprocessing.get_context("fork")) as pool:
        return pool.submit(_campaign, name, work, seed, numbers, jobs).result()


def _campaign(name: str, work: Path, seed: int, numbers: Sequence[int], jobs: int) -> list[Tried]:
    os.environ["ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS"] = "1"
    kind = next(kind for kind in KINDS if kind.name == name)
    return Campaign(kind, work, seed).run(numbers, jobs)
