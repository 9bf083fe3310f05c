"""Preparing one case: read, bring to the common grid, describe, store. Runs in worker processes."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..errors import UserError
from ..files import CHUNK
from .occupancy import pack_occupancy
from .pairing import Case
from .readers import BrokenScanError, Scan, Source, read_source
from .store import FORMAT, SUFFIX, StoredVolume, spacing_of, write_volume
from .volumes import Volume, find_objects, hu_statistics, prepare_image, prepare_label

VOLUMES, LABELS = "volumes", "labels"
OCCUPANCY = "occupancy"
_RECORD, _ORIGIN = "record", "origin"


@dataclass(frozen=True)
class Settings:
    """What, besides the source files, determines a prepared volume."""

    spacing: tuple[float, float, float] | None = (1.0, 1.0, 1.0)
    hu_clip: tuple[float, float] | None = None
    format: int = FORMAT


@dataclass(frozen=True)
class Outcome:
    """The record of a prepared case, or the reason why there is none."""

    case: str
    source: str
    record: dict[str, Any] | None = None
    reason: str = ""


def prepare_case(case: Case, output: Path, settings: Settings) -> Outcome:
    """Prepare one case, unless ``output`` holds it already; a broken one is an outcome, no error.

    ``volumes/<id>.b2nd`` is written last and carries the record, so its presence with the right
    source and settings means that the case is complete.
    """
    image_path = output / VOLUMES / f"{case.id}{SUFFIX}"
    label_path = output / LABELS / f"{case.id}{SUFFIX}"
    try:
        kept = _kept(case, image_path, label_path, settings)
        record = kept or _prepare(case, image_path, label_path, settings)
    except BrokenScanError as error:
        return Outcome(case.id, case.image.name, reason=str(error))
    return Outcome(case.id, case.image.name, record)


def prepare_cases(
    cases: Sequence[Case], output: Path, settings: Settings, workers: int | None = None
) -> Iterator[Outcome]:
    """Prepare cases in several processes and yield the outcomes as they come.

    Args:
        cases: what to prepare.
        output: folder of the prepared data.
        settings: voxel size and clipping.
        workers: processes; default one for each core, 8 at most (each needs up to about 3 GB).

    Raises:
        UserError: a worker was killed.
    """
    count = min(len(cases), workers or min(len(os.sched_getaffinity(0)), 8))
    if count <= 1:
        yield from (prepare_case(case, output, settings) for case in cases)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        count, context, initializer=torch.set_num_threads, initargs=(1,)
    ) as pool:
        jobs = [pool.submit(prepare_case, case, output, settings) for case in cases]
        try:
            for job in as_completed(jobs):
                yield job.result()
        except BrokenProcessPool as error:
            raise UserError(
                f"workers: one of {count} processes was killed, probably for lack of memory; run "
                f"the same command with --workers {max(1, count // 2)}, it goes on from here"
            ) from error


def _prepare(case: Case, image_path: Path, label_path: Path, settings: Settings) -> dict[str, Any]:
    origin = _origin(case)
    scan = read_source(case.image)
    image, beyond = prepare_image(scan, settings.spacing, settings.hu_clip)
    record = _describe(case, scan, image, origin)
    if beyond:
        record["clipped_to_int16"] = beyond
    if case.label is not None:
        label = _read_label(case.label, scan, settings)
        record |= _describe_label(case.label, label, origin)
        write_volume(label_path, label.array, label.affine, {_ORIGIN: origin})
    attributes = {
        _RECORD: json.dumps(record),
        _ORIGIN: origin | {"stat": _stat(case), "settings": _key(settings)},
        OCCUPANCY: pack_occupancy(image.array),
    }
    write_volume(image_path, image.array, image.affine, attributes)
    return record


def _describe(case: Case, scan: Scan, image: Volume, origin: dict[str, Any]) -> dict[str, Any]:
    import nibabel

    return {
        "id": case.id,
        "source": case.image.name,
        "sha256": origin["image"][1],
        "header_patient": scan.patient,
        "original": {
            "shape": list(scan.array.shape),
            "spacing_mm": list(spacing_of(scan.affine)),
            "orientation": "".join(nibabel.aff2axcodes(scan.affine)),
            "dtype": str(scan.array.dtype),
        },
        "shape": list(image.array.shape),
        "spacing_mm": list(spacing_of(image.affine)),
        "affine": np.round(image.affine, 6).tolist(),
        "dtype": str(image.array.dtype),
        "hu": hu_statistics(image.array),
    }


def _read_label(source: Source, image: Scan, settings: Settings) -> Volume:
    try:
        return prepare_label(read_source(source), image, settings.spacing)
    except BrokenScanError as error:
        raise BrokenScanError(f"its label {source.name}: {error}") from error


def _describe_label(source: Source, label: Volume, origin: dict[str, Any]) -> dict[str, Any]:
    counts = np.bincount(label.array.reshape(-1))
    objects, dropped = find_objects(label.array, spacing_of(label.affine))
    return {
        "label_source": source.name,
        "label_sha256": origin["label"][1],
        "label_dtype": str(label.array.dtype),
        "voxels_per_label": {str(value): int(counts[value]) for value in np.flatnonzero(counts)},
        "objects": objects,
        "objects_below_3_voxels": dropped,
    }


def _kept(
    case: Case, image_path: Path, label_path: Path, settings: Settings
) -> dict[str, Any] | None:
    """The record of an earlier preparation of the same files with the same settings."""
    if not image_path.is_file() or (case.label is not None and not label_path.is_file()):
        return None
    try:
        attributes = StoredVolume(image_path).attributes
        origin, record = attributes[_ORIGIN], json.loads(attributes[_RECORD])
        if case.label is not None and StoredVolume(label_path).attributes[_ORIGIN] != {
            key: origin[key] for key in ("image", "label")
        }:
            return None
    except (UserError, KeyError):
        return None
    same = origin["settings"] == _key(settings) and (
        origin["stat"] == _stat(case)
        or _origin(case) == {key: origin[key] for key in ("image", "label")}
    )
    return record if same else None


def _origin(case: Case) -> dict[str, Any]:
    """Names and SHA-256 of the image's and the label's files."""
    return {
        "image": [case.image.name, _sha256(case.image)],
        "label": ["", ""] if case.label is None else [case.label.name, _sha256(case.label)],
    }


def _sha256(source: Source) -> str:
    """SHA-256 of the source's files, one after the other."""
    digest = hashlib.sha256()
    for path in source.files:
        if not path.is_file():
            raise BrokenScanError(f"its voxel file {path.name} is missing")
        with path.open("rb") as stream:
            while chunk := stream.read(CHUNK):
                digest.update(chunk)
    return digest.hexdigest()


def _stat(case: Case) -> list[list[Any]]:
    """Names, sizes and times: while these stay, the files need not be hashed again."""
    sources = [case.image] if case.label is None else [case.image, case.label]
    paths = [path for source in sources for path in source.files]
    found = [(path, path.stat()) for path in paths if path.is_file()]
    return [[str(path), stat.st_size, stat.st_mtime_ns] for path, stat in found]


def _key(settings: Settings) -> str:
    return json.dumps(asdict(settings))
