"""Small data, small settings, and runs that are let alone, made once for all faults."""

from __future__ import annotations

import threading
from collections import defaultdict
from pathlib import Path
from typing import Any

from medssl.zoo.verify import Subject
from medssl.zoo.verify.small import phantom, small_settings

from .command import ROOT, bundle_words, run_well
from .fault import Trial

BUNDLES = tuple(sorted(path.name for path in (ROOT / "bundles").iterdir()))
LENGTH = {"max_epochs": 4, "checkpoint_every": 2, "val_interval": 2}
_locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)


def data_of(bundle: str, shared: Path) -> tuple[Path, Path]:
    """A prepared phantom that a bundle learns from, and a folder of raw scans."""
    folder = ROOT / "bundles" / bundle
    with _locks["data"]:
        return phantom(Subject(folder, shared, shared / "phantoms"))


def settings(bundle: str) -> dict[str, Any]:
    """Keys with which a bundle trains in a few seconds, through validations and checkpoints."""
    subject = Subject(ROOT / "bundles" / bundle, Path(), Path())
    return {**small_settings(subject.config("train")), **LENGTH}


def training(
    trial: Trial, bundle: str, output: Path, configs: tuple[str, ...] = ("train",), **more: object
) -> list[str]:
    """The words of a small training."""
    data, _ = data_of(bundle, trial.shared)
    keys = {**settings(bundle), "dataset_dir": data, "output_dir": output, **more}
    return bundle_words(bundle, configs, **keys)


def whole_run(trial: Trial, bundle: str) -> Path:
    """The folder of a run of this bundle that nobody disturbed."""
    folder = trial.shared / "whole" / bundle
    with _locks[bundle]:
        if not (folder / "done").is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            run_well(training(trial, bundle, folder / "run"), folder)
            (folder / "run").rename(folder / "done")
    return folder / "done"
