"""``medssl prepare images``: a folder of scans becomes a folder of prepared volumes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from ..errors import UserError
from .manifest import write_lists
from .pairing import Case, check_patients, find_cases, read_patients
from .preparation import Outcome, discard_leftovers, prepare_cases
from .records import Settings
from .splits import check_fractions

_SHOWN = 5


def prepare_images(
    source: str | Path,
    output: str | Path,
    images: str | None = None,
    labels: str | None = None,
    spacing: float | Sequence[float] | str = 1.0,
    workers: int | None = None,
    skip_broken: bool = False,
    fractions: Sequence[float] = (0.7, 0.1, 0.2),
    seed: int = 0,
    patients: str | Path | None = None,
    hu_clip: Sequence[float] | None = None,
) -> Path:
    """Prepare CT scans: RAS order, one voxel size, int16 HU, split by patient.

    Writes ``volumes/<id>.b2nd``, ``labels/<id>.b2nd``, ``manifest.json`` (where everything comes
    from and what it holds) and ``datalist.json`` (decathlon style). A second run redoes only what
    changed; a run that was killed goes on.

    Args:
        source: folder searched recursively for NIfTI, MetaImage, NRRD and DICOM series.
        output: folder to write.
        images: glob pattern of the images below ``source``; what its last ``*`` matches is the
            case's id. Default: every scan.
        labels: glob pattern of the label maps; a label belongs to the image of equal id.
        spacing: voxel size in mm, one number or three (x, y, z), or ``native`` to keep each scan's.
        workers: processes; default one for each core, 8 at most.
        skip_broken: leave out unusable scans and list them in the manifest.
        fractions: shares of training, validation and test.
        seed: of the split.
        patients: CSV file with the columns id,patient. Default: DICOM's PatientID, else each scan
            is its own patient.
        hu_clip: lowest and highest HU to keep; default: HU are not clipped.

    Returns:
        The path of ``datalist.json``.

    Raises:
        UserError: bad arguments, no scans, or unusable scans without ``skip_broken``.
    """
    folder, target = Path(source), Path(output)
    settings = Settings(check_spacing(spacing), _check_clip(hu_clip))
    shares = check_fractions(fractions)
    if workers is not None and (not isinstance(workers, int) or workers < 1):
        raise UserError(f"workers: {workers!r}, expected a whole number of processes, 1 or more")
    if target.exists() and not target.is_dir():
        raise UserError(f"{target}: not a folder; choose another --output")
    patient_of = {} if patients is None else read_patients(Path(patients))
    cases = find_cases(folder, images, labels)
    check_patients(patient_of, cases)
    discard_leftovers(target)
    records, broken = _run(cases, target, settings, workers)
    if broken and not (skip_broken and records):
        raise UserError(_complaint(folder, broken, bool(records)))
    for record in records:
        header = record.pop("header_patient")
        record["patient"] = patient_of.get(record["id"], header or record["id"])
    skipped = [{"source": outcome.source, "reason": outcome.reason} for outcome in broken]
    return write_lists(target, records, skipped, settings, shares, seed)


def check_spacing(spacing: float | Sequence[float] | str) -> tuple[float, float, float] | None:
    """Return the voxel size as (x, y, z) in mm, None for ``native``.

    Raises:
        UserError: anything but one or three positive numbers or ``native``.
    """
    if spacing == "native":
        return None
    try:
        x, y, z = (float(value) for value in np.broadcast_to(np.asarray(spacing), 3))
    except (TypeError, ValueError):
        x = y = z = 0.0
    if not min(x, y, z) > 0:
        raise UserError(
            f"spacing: {spacing!r}, expected mm as one number or three above 0 (x,y,z), or native"
        )
    return x, y, z


def _check_clip(hu_clip: Sequence[float] | None) -> tuple[float, float] | None:
    if hu_clip is None:
        return None
    try:
        low, high = (float(value) for value in hu_clip)
    except (TypeError, ValueError):
        low = high = 0.0
    if not low < high:
        raise UserError(f"hu_clip: {hu_clip!r}, expected two rising numbers in HU (low,high)")
    return low, high


def _run(
    cases: Sequence[Case], target: Path, settings: Settings, workers: int | None
) -> tuple[list[dict[str, Any]], list[Outcome]]:
    outcomes = list(
        tqdm(
            prepare_cases(cases, target, settings, workers),
            total=len(cases),
            desc="prepare",
            unit="scan",
        )
    )
    outcomes.sort(key=lambda outcome: outcome.case)
    records = [outcome.record for outcome in outcomes if outcome.record is not None]
    return records, [outcome for outcome in outcomes if outcome.record is None]


def _complaint(folder: Path, broken: Sequence[Outcome], any_left: bool) -> str:
    listed = "; ".join(f"{outcome.source}: {outcome.reason}" for outcome in broken[:_SHOWN])
    more = f"; and {len(broken) - _SHOWN} more" if len(broken) > _SHOWN else ""
    mend = "remove them or add --skip-broken" if any_left else "no scan is left"
    return f"{folder}: {len(broken)} unusable scan(s): {listed}{more}; {mend}"
