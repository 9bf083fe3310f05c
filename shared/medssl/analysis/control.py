"""``medssl control``: can a pretext task be solved where there is nothing to know?

On noise that is alike along all axes of its own grid no turn and no place differs from another. A
network that guesses better than chance there has found a trace that resampling or the pretext task
itself leaves, and may learn that instead of anatomy.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from monai.bundle import ConfigParser, ConfigWorkflow

from ..engines.trace import TRACE, read_metrics
from ..errors import UserError
from ..files import make_folder
from ..paths import as_written
from ..store import load_datalist
from .bundles import override, read_config, read_json
from .guessing import Control, Guessing
from .health.reference import HEALTH, load_reference
from .health.run_folder import read_run
from .noise import prepare_noise

STEPS = 2000
# Sides of the noise in voxels: the answers of crops that overlap much are no independent trials.
LEAST_SIDE, ROOM = 160, 16
SMOOTHING = (0.7, 1.0, 1.4)
# Voxel sizes x, y, z in mm as scanned: thick slices, thin ones, and what needs no resampling.
NATIVE_MM = ((0.7, 0.7, 2.5), (0.7, 0.7, 1.25), (1.0, 1.0, 1.0))
# A trace that the task itself leaves is there at any size; small crops make it quick to find.
SMALL = {"base_channels": 8, "num_workers": 0}
SIDES = {"patch_size": 8, "cube_size": 8, "crop_size": 16}
# Own labels for the held-out samples: else the commoner classes of the training would be theirs.
HELD_OUT = {"validate#dataset#seed": "$@seed + 1"}


def run_control(
    bundle: str | Path,
    output: str | Path | None = None,
    steps: int = STEPS,
    smoothing: float | Sequence[float] = SMOOTHING,
    overrides: Mapping[str, Any] | None = None,
    native_mm: Sequence[float] | Sequence[Sequence[float]] = NATIVE_MM,
) -> Control:
    """Train a bundle's task on noise for one epoch and count its right answers on other noise.

    One network for each native voxel size, whose noise is resampled to 1 mm as any scan is.

    Network and crops are small (``SMALL``, ``SIDES``), everything else is the bundle's; no training
    crop is seen twice. The same command goes on with a run that was stopped.

    Args:
        bundle: folder of a pretraining bundle whose ``docs/health.json`` gives a chance level.
        output: folder to keep noise and run in; None keeps nothing.
        steps: training steps, at least 1.
        smoothing: standard deviations of the noise's Gaussian filter, native voxels; scans take
            them in turn.
        overrides: keys of the config, as on MONAI's command line.
        native_mm: native voxel size x, y, z in mm, or several.

    Raises:
        UserError: no such bundle or key, no chance level, or a bad argument.
    """
    sigmas, natives = _check_smoothing(smoothing), _check_native(native_mm)
    if isinstance(steps, bool) or not isinstance(steps, int) or steps < 1:
        raise UserError(f"--steps: {steps!r}, expected a whole number of 1 or more")
    folder = Path(bundle)
    parser = read_config(folder)
    health = folder / "docs" / HEALTH
    if not read_json(health).get("metrics"):
        raise UserError(f"{health}: no chance level in it; choose a bundle that predicts classes")
    settings = {**_small(parser), **(overrides or {})}
    override(parser, settings)
    with tempfile.TemporaryDirectory() as scratch:
        shape = [max(n + ROOM, LEAST_SIDE) for n in parser.get_parsed_content("crop_size")]
        guesses: list[Guessing] = []
        for native in natives:
            place = Path(scratch if output is None else output).absolute() / _folder(native)
            make_folder(place)
            data = str(prepare_noise(place, shape, sigmas, native))
            crops = _crops_per_scan(parser, data, steps)
            _train(
                folder, place / "run", {**settings, "dataset_dir": data, "crops_per_scan": crops}
            )
            guesses += _guesses(folder, place / "run", native)
    return Control(folder.resolve().name, sigmas, steps, tuple(guesses))


def _folder(native: Sequence[float]) -> str:
    return "x".join(f"{mm:g}" for mm in native) + "mm"


def _check_smoothing(smoothing: object) -> tuple[float, ...]:
    values = smoothing if isinstance(smoothing, Sequence) else [smoothing]
    numbers = tuple(float(value) for value in values if isinstance(value, int | float))
    if not numbers or len(numbers) != len(values) or min(numbers) < 0:
        raise UserError(
            f"--smoothing: {smoothing!r}, expected one or more numbers of voxels of at least 0, "
            "such as 0.7,1,1.4"
        )
    return numbers


def _check_native(native_mm: object) -> tuple[tuple[float, ...], ...]:
    rows = [native_mm] if _is_spacing(native_mm) else native_mm
    if not isinstance(rows, Sequence) or not rows or not all(_is_spacing(row) for row in rows):
        raise UserError(
            f"--native_mm: {native_mm!r}, expected one or more voxel sizes x, y, z in mm, such as "
            '"[[0.7,0.7,2.5],[1,1,1]]"'
        )
    return tuple(tuple(float(mm) for mm in row) for row in rows)


def _is_spacing(row: object) -> bool:
    if not isinstance(row, Sequence) or isinstance(row, str) or len(row) != 3:
        return False
    return all(isinstance(mm, int | float) and 0.05 <= mm <= 20 for mm in row)


def _small(parser: ConfigParser) -> dict[str, Any]:
    key = next(key for key in SIDES if isinstance(parser.config.get(key), list))
    return {**SMALL, key: [SIDES[key]] * 3}


def _crops_per_scan(parser: ConfigParser, data: str, steps: int) -> int:
    """As many crops as ``steps`` batches need: the run is one epoch."""
    scans = len(load_datalist(data, "training"))
    return math.ceil(steps * int(parser.get_parsed_content("batch_size")) / scans)


def _train(bundle: Path, output: Path, settings: Mapping[str, Any]) -> None:
    paths = {"bundle_root": str(bundle), "output_dir": str(output)}
    keys = {**paths, "max_epochs": 1, **HELD_OUT, **settings}
    workflow = ConfigWorkflow(
        str(bundle / "configs" / "train.json"),
        logging_file=False,
        **{key: as_written(key, value) for key, value in keys.items()},
    )
    workflow.initialize()
    workflow.run()
    workflow.finalize()


def _guesses(bundle: Path, output: Path, native: tuple[float, ...]) -> list[Guessing]:
    reference = load_reference(bundle / "docs" / HEALTH, read_run(output))
    (figures,) = read_metrics(output / TRACE).values()
    return [
        Guessing(native, name, figures[name], level.chance, level.trials)
        for name, level in reference.metrics.items()
    ]
