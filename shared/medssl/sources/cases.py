"""Preparing cases: read, bring to the common grid, describe, store; in several processes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

from ..errors import UserError
from ..processes import processes
from ..store.contract import SCAN
from ..store.occupancy import AIR_HU, OCCUPANCY, pack_occupancy
from ..store.volume_file import LABELS, LISTED, SUFFIX, VOLUMES, StoredVolume
from ..store.writing import write_volume
from .pairing import Case
from .readers import BrokenScanError, Scan, Source, read_image, read_source
from .records import Record, Settings, describe_image, describe_label, origin_of, stat_of
from .resampling import Volume, prepare_image, prepare_label
from .workers import worth_starting

RECORD, ORIGIN, STAT = "record", "origin", "stat"


@dataclass(frozen=True)
class Outcome:
    """The record of a prepared case, or the reason why there is none.

    ``follows`` where another channel of the same case is at fault.
    """

    case: str
    source: str
    record: Record | None = None
    reason: str = ""
    follows: bool = False


def fault_of(case: Case) -> Outcome:
    """The outcome of a case whose fault is known before it is read."""
    return Outcome(case.id, case.image.name, reason=case.fault)


def prepare_case(case: Case, output: Path, settings: Settings) -> Outcome:
    """Prepare one case, unless ``output`` holds it already; a broken one is an outcome, no error.

    ``volumes/<id>.b2nd`` is written last and carries the record, so its presence with the right
    origin means that the case is complete.
    """
    if case.fault:
        return fault_of(case)
    try:
        origin = origin_of(case, settings)
        record = _stored_record(case, output, ORIGIN, origin)
        return Outcome(case.id, case.image.name, record or _prepare(case, output, settings, origin))
    except BrokenScanError as error:
        return Outcome(case.id, case.image.name, reason=str(error))


def prepare_cases(
    cases: Sequence[Case], output: Path, settings: Settings, workers: int | None = None
) -> Iterator[Outcome]:
    """Prepare cases in several processes and yield the outcomes as they come.

    Args:
        cases: what to prepare.
        output: folder of the prepared data.
        settings: voxel size and clipping.
        workers: processes, at most, see :func:`~.workers.worth_starting`.

    Raises:
        UserError: a worker was killed.
    """
    todo = []
    for case in cases:
        if case.fault:
            yield fault_of(case)
            continue
        record = _stored_record(case, output, STAT, stat_of(case, settings))
        if record is None:
            todo.append(case)
        else:
            yield Outcome(case.id, case.image.name, record)
    groups = _by_file(todo)
    count = worth_starting(groups, workers)
    if count <= 1:
        yield from (prepare_case(case, output, settings) for case in todo)
        return
    try:
        with processes(count, _one_thread, (__name__, "torch", "monai.data")) as pool:
            jobs = [pool.submit(_prepare_all, some, output, settings) for some in groups]
            for job in as_completed(jobs):
                yield from job.result()
    except BrokenProcessPool as error:
        raise UserError(
            f"workers: one of {count} processes was killed, probably for lack of memory; run "
            f"the same command with --workers {max(1, count // 2)}, it goes on from here"
        ) from error


def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)


def _by_file(cases: Sequence[Case]) -> list[list[Case]]:
    """The cases in groups that one process takes: the volumes of a file, which is read once."""
    groups: dict[str, list[Case]] = {}
    for case in cases:
        key = case.id if case.image.channel is None else str(case.image.path)
        groups.setdefault(key, []).append(case)
    return list(groups.values())


def _prepare_all(cases: Sequence[Case], output: Path, settings: Settings) -> list[Outcome]:
    return [prepare_case(case, output, settings) for case in cases]


def _paths(case: Case, output: Path) -> tuple[Path, Path]:
    """Files of the prepared image and of its label."""
    name = f"{case.id}{SUFFIX}"
    return output / VOLUMES / name, output / LABELS / name


def _prepare(case: Case, output: Path, settings: Settings, origin: Record) -> Record:
    image_path, label_path = _paths(case, output)
    scan = read_image(case.image, settings.intensity)
    if scan.ct and settings.of_mr:
        raise BrokenScanError("a CT, expected MR; --modality other takes both")
    image, beyond = prepare_image(scan, settings.spacing, settings.hu_clip, settings.antialias)
    record = describe_image(case, origin["image"][1], scan, image)
    if beyond:
        record["voxels_clipped_to_int16"] = beyond
    scan = scan.without_voxels()  # before the label map needs room
    if case.label is not None:
        label = _read_label(case.label, scan, settings)
        record |= describe_label(case.label, origin["label"][1], label)
        listed = {LISTED: record["label_voxels_sha256"]}
        write_volume(label_path, label.array, label.affine, {ORIGIN: origin, **listed})
    attributes = {
        RECORD: json.dumps(record),
        ORIGIN: origin,
        STAT: stat_of(case, settings),
        SCAN: settings.contract.as_dict(),
        LISTED: record["voxels_sha256"],
        OCCUPANCY: pack_occupancy(image.array, AIR_HU if scan.scale is None else scan.scale.dark),
    }
    write_volume(image_path, image.array, image.affine, attributes)
    return record


def _read_label(source: Source, image: Scan, settings: Settings) -> Volume:
    try:
        return prepare_label(read_source(source), image, settings.spacing)
    except BrokenScanError as error:
        raise BrokenScanError(f"its label {source.name}: {error}") from error


def _stored_record(case: Case, output: Path, key: str, expected: Record) -> Record | None:
    """The record of an earlier preparation whose attribute ``key`` is as expected.

    None also where a file does not agree with its checksums; a volume of 50 MB costs about 20 ms.
    """
    image_path, label_path = _paths(case, output)
    if not image_path.is_file() or (case.label is not None and not label_path.is_file()):
        return None
    try:
        attributes = StoredVolume(image_path).attributes
        if attributes.get(key) != expected:
            return None
        if case.label is not None:
            beside = StoredVolume(label_path).attributes
            if beside.get(ORIGIN) != attributes[ORIGIN]:
                return None
            StoredVolume(label_path).check()
        StoredVolume(image_path).check()
    except UserError:
        return None
    record: Record = json.loads(attributes[RECORD])
    return record
