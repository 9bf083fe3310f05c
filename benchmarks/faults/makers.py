"""What else writes files, beside training: preparation, packing, fetching, inference."""

from __future__ import annotations

import shutil
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from .command import bundle_words, run_well
from .equal import same_files
from .fault import Trial
from .small import data_of, settings, whole_run

SOURCE, TASK = "pretrain_rotation", "lung_nodule_ct_segmentation"
_locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)


@dataclass(frozen=True)
class Maker:
    """A command that makes a folder.

    Attributes:
        name: for the page.
        words: module and words, of the folder to write.
        passed_over: names of files that hold times or places, so that bytes may differ.
        made: pattern of what is whole or not there, whenever the command is killed.
        last: pattern of what is there once the work is done.
    """

    name: str
    words: Callable[[Trial, Path], list[str]]
    passed_over: tuple[str, ...] = ()
    made: str = "**/*"
    last: str = "*"

    def has_done(self, output: Path) -> bool:
        """Whether all is written, so that the command has but to end."""
        return any(output.glob(self.last))

    def whole(self, trial: Trial) -> tuple[Path, float]:
        """What the command makes when nobody disturbs it, and the seconds that it takes."""
        folder = trial.shared / "whole" / self.name.replace(" ", "_")
        with _locks[self.name]:
            if not (folder / "done").is_dir():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir(parents=True)
                begun = time.monotonic()
                run_well(self.words(trial, folder / "made"), folder)
                (folder / "seconds").write_text(str(time.monotonic() - begun))
                (folder / "made").rename(folder / "done")
        return folder / "done", float((folder / "seconds").read_text())

    def check(self, trial: Trial, output: Path) -> None:
        """Compare what is there with what nobody disturbed.

        Raises:
            FailedError: they differ.
        """
        same_files(self.whole(trial)[0], output, *self.passed_over)

    def check_parts(self, trial: Trial, output: Path) -> None:
        """Whatever lies there under its final name is whole.

        Raises:
            FailedError: it differs from what nobody disturbed has made.
        """
        same_files(self.whole(trial)[0], output, *self.passed_over, parts=self.made)


def _prepare(trial: Trial, output: Path, workers: int = 1) -> list[str]:
    data, _ = data_of(SOURCE, trial.shared)
    words = ["medssl", "prepare", "images", "--source", str(data.parent / "raw")]
    words += ["--images", "subset*/*.mhd", "--labels", "nodule_masks/*.nii.gz", "--spacing", "3"]
    return [*words, "--workers", str(workers), "--output", str(output)]


def _prepare_in_two(trial: Trial, output: Path) -> list[str]:
    """Small scans are not worth a second process; here they have to be."""
    return ["benchmarks.faults.eager", *_prepare(trial, output, 2)[1:]]


def _pack(trial: Trial, output: Path) -> list[str]:
    models = whole_run(trial, SOURCE)
    bundle = Path(__file__).resolve().parents[2] / "bundles" / SOURCE
    return ["medssl", "pack", str(bundle), "--models", str(models), "--output", str(output)]


def released(trial: Trial) -> Path:
    """A folder with a packed bundle and its index, made once."""
    packed, _ = PACKING.whole(trial)
    folder = trial.shared / "released"
    with _locks["released"]:
        if not (folder / "model_info.json").is_file():
            shutil.copytree(packed, folder, dirs_exist_ok=True)
            run_well(["medssl", "index", str(folder)], trial.folder)
    return folder


def _fetch(trial: Trial, output: Path) -> list[str]:
    return ["medssl", "fetch", SOURCE, "--source", str(released(trial)), "--folder", str(output)]


def _infer(trial: Trial, output: Path, workers: int = 0) -> list[str]:
    model = whole_run(trial, TASK) / "model.pt"
    _, scans = data_of(TASK, trial.shared)
    places = {"dataset_dir": scans, "model": model, "output_dir": output}
    amp = settings(TASK)["amp"]
    return bundle_words(TASK, ("inference",), amp=amp, num_workers=workers, **places)


def _evaluate(trial: Trial, output: Path) -> list[str]:
    data, _ = data_of(TASK, trial.shared)
    places = {"dataset_dir": data, "output_dir": whole_run(trial, TASK), "report_dir": output}
    keys = {"amp": settings(TASK)["amp"], "num_workers": 2, "allow_overlap": True}
    return bundle_words(TASK, ("train", "evaluate"), split="validation", **keys, **places)


PREPARATION = Maker("preparation", _prepare, ("manifest.json",), "*/*.b2nd", "datalist.json")
IN_TWO = replace(
    PREPARATION,
    name="preparation by two workers",
    words=_prepare_in_two,
)
PACKING = Maker("packing", _pack, (), "*.zip", "*.zip")
FETCHING = Maker("fetching a bundle", _fetch, (), f"{SOURCE}/**/*", SOURCE)
INFERENCE = Maker("inference", _infer, ("inference.json",), "*.nii.gz", "inference.json")
# By loaders' workers, which a signal to the group reaches, too.
INFERENCE_IN_TWO = replace(
    INFERENCE,
    name="inference by two workers",
    words=lambda trial, output: _infer(trial, output, 2),
)
EVALUATION = Maker("evaluation by two workers", _evaluate, (), "*.json", "metrics.json")
MAKERS = (PREPARATION, IN_TWO, PACKING, FETCHING, INFERENCE)


def place(trial: Trial, number: int) -> Path:
    """A folder to make; a data list holds its name, so that all have the same."""
    return trial.folder / str(number) / "made"
