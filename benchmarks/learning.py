"""Every pretraining method at its small recipe on real scans, beside what needs no learning.

    python benchmarks/learning.py --data DIR [--images PATTERN] [--methods rotation ...]
        [--seeds 0 1 2] [--work runs/learning] [--output docs/learning.json]

DIR holds CT scans, one patient each. Whole scans are held out. Each run is trained by
``train.json`` and ``small.json`` and evaluated on the test split; what came out goes to the JSON,
which ``learning_page.py`` shows in docs/learning.md. Stopped, it goes on: a run that is finished
is not run again.
"""

from __future__ import annotations

import argparse
import json
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from medssl.engines import read_metrics, read_trace
from medssl.engines.evaluation import read_evaluation
from medssl.engines.identity import digest, versions
from medssl.files import write_json
from medssl.sources import prepare_images
from real.runs import ROOT, run_bundle
from recipe import LAST, PRECISION, held_out, recipe, spacing_of

METHODS = sorted(path.name for path in (ROOT / "bundles").glob("pretrain_*"))
FRACTIONS = (0.5, 0.15, 0.35)
# The first seed for which training, validation and test each hold chests, abdomens and tumours.
SPLIT_SEED = 22
RESULT = "learning.json"
COUNTED_EVERY = 10.0  # seconds between two notes of a training's CPU time


def bundle_name(method: str) -> str:
    """The bundle of a method, which may be named without its prefix."""
    return method if method.startswith("pretrain_") else f"pretrain_{method}"


def add_run(runs: dict[str, list[dict[str, Any]]], bundle: str, found: dict[str, Any]) -> None:
    """Put a run among those of its bundle, ordered by seed, in the place of an earlier one."""
    kept = [run for run in runs.get(bundle, []) if run["seed"] != found["seed"]]
    runs[bundle] = sorted([*kept, found], key=lambda run: int(run["seed"]))


def prepared(work: Path, spacing: float) -> Path:
    """Where the scans of this voxel size lie."""
    return work / f"data_{spacing:g}mm"


def prepare(data: Path, images: str, work: Path, spacing: float) -> Path:
    """The scans at this voxel size, split by patient."""
    folder = prepared(work, spacing)
    prepare_images(
        data,
        folder,
        images=images,
        spacing=spacing,
        fractions=FRACTIONS,
        seed=SPLIT_SEED,
        patients="each",
        antialias=False,  # as when the first of these runs began
    )
    return folder


def scans_of(folder: Path) -> str:
    """SHA-256 of a prepared folder's scans: voxels and split of each."""
    records = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["scans"]
    return digest(sorted([record[key] for key in ("scan_sha256", "split")] for record in records))


@contextmanager
def cpu_minutes(file: Path) -> Iterator[None]:
    """Add this process's CPU minutes to those in ``file``: a training may be stopped and go on.

    They are written every few seconds, so that those of a training that is killed count, too.
    """
    before = float(json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else 0.0
    began, ended = time.process_time(), threading.Event()

    def write() -> None:
        write_json(file, before + (time.process_time() - began) / 60)

    def keep_writing() -> None:
        while not ended.wait(COUNTED_EVERY):
            write()

    writer = threading.Thread(target=keep_writing, daemon=True)
    writer.start()
    try:
        yield
    finally:
        ended.set()
        writer.join()
        write()


def evaluate(bundle: str, data: Path, output: Path, seed: int) -> None:
    """Judge a run's weights on the held-out scans; writes ``metrics.json`` beside them."""
    places = {"dataset_dir": data, "output_dir": output, "seed": seed}
    overlays = ["train", "small", "evaluate"]
    run_bundle(bundle, overlays, **held_out(bundle), **PRECISION, **places)


def learn(bundle: str, data: Path, output: Path, seed: int, anew: bool = False) -> dict[str, Any]:
    """Train and evaluate one run; what came out, read again where it is finished.

    Args:
        bundle: of the method.
        data: prepared scans.
        output: the run's folder.
        seed: of the run.
        anew: evaluate a finished run again, by today's metrics.

    Raises:
        SystemExit: the run was trained by other settings than today's, or on other scans.
    """
    result, today = output / RESULT, {"recipe": recipe(bundle), "scans": scans_of(data)}
    if result.is_file():
        found = dict(json.loads(result.read_text(encoding="utf-8")))
        if any(found[key] != value for key, value in today.items()):
            raise SystemExit(
                f"{output} was trained by other settings or scans: remove it to train anew"
            )
        if anew:
            evaluate(bundle, data, output, seed)
            found["held_out"] = read_evaluation(output)
            write_json(result, found)
        return found
    places = {"dataset_dir": data, "output_dir": output, "seed": seed}
    with cpu_minutes(output / "minutes.json"):
        run_bundle(bundle, ["train", "small"], **PRECISION, **LAST, **places)
    evaluate(bundle, data, output, seed)
    curve = {
        epoch: values["skill"] for epoch, values in read_metrics(output / "trace.jsonl").items()
    }
    found = {
        "seed": seed,
        **today,
        "steps": len(read_trace(output / "trace.jsonl")),
        "cpu_minutes": round(json.loads((output / "minutes.json").read_text()), 1),
        "held_out": read_evaluation(output),
        "validation_skill": curve,
    }
    write_json(result, found)
    return found


def main() -> None:
    """Prepare, train, evaluate, write."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--images", default="**/ct.nii.gz")
    options.add_argument("--methods", nargs="+", default=METHODS)
    options.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    options.add_argument("--work", type=Path, default=Path("runs/learning"))
    options.add_argument("--output", type=Path, default=Path("docs/learning.json"))
    options.add_argument("--anew", action="store_true", help="evaluate finished runs again")
    arguments = options.parse_args()
    logging.disable(logging.WARNING)
    work = arguments.work.resolve()
    names = [bundle_name(method) for method in arguments.methods]
    folders = {
        spacing: prepare(arguments.data.resolve(), arguments.images, work, spacing)
        for spacing in sorted(set(map(spacing_of, names)))
    }
    written = arguments.output
    runs = json.loads(written.read_text(encoding="utf-8"))["runs"] if written.is_file() else {}
    for seed in arguments.seeds:
        for bundle in names:
            data = folders[spacing_of(bundle)]
            found = learn(bundle, data, work / f"{bundle}_{seed}", seed, arguments.anew)
            add_run(runs, bundle, found)
            write_json(written, {"runs": runs, "versions": versions()})
            skill, low, high = (found["held_out"][f"skill{end}"] for end in ("", "_low", "_high"))
            print(
                f"{bundle} seed {seed}: {found['steps']} steps, {found['cpu_minutes']} min, "
                f"skill {skill:.3f} [{low:.3f}, {high:.3f}]",
                flush=True,
            )


if __name__ == "__main__":
    main()
