"""Phantoms on disk in nnU-Net's raw layout: organs on CT, on MR, on MR of four sequences."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..files import write_json
from .fields import Vector
from .nifti import stored_order, write_nifti
from .organ_scans import ORGAN_SETS, make_organ_scan
from .runs import (
    PhantomJob,
    ScanFiles,
    claim_folder,
    phantom_seed,
    settings_of,
    strangers,
    write_phantoms,
)

_FIRST_TEST = 900
_TEST_SHARE = 10
_FLIPPED_EVERY = 3
_README = """\
SYNTHETIC DATA. Nobody was scanned: every scan in this folder was computed by the abdomen phantom
of medssl (`medssl prepare phantom --kind {kind}`) from a seed. Fit for trying out and testing
software; not for any statement about patients.

The layout is nnU-Net's: imagesTr/<case>_NNNN.nii.gz (NNNN is the channel; some scans are stored
from right to left) with labelsTr/<case>.nii.gz, imagesTs without labels, dataset.json with the
names of channels and labels. truth holds the settings of every scan.
"""
_MR_README = """
MR is CT's anatomy with grey values of another kind: a curve over HU makes fat bright, fluid and
bone dark; a smooth field shades it; noise is Rician. No physics of MR is computed. That image x in
[0, 1] is T1; the other sequences are T2 = 1.1 - x (x where x < 0.1), PD = sqrt(x), T1ce = x * x.
Each channel of a scan is multiplied by a gain of its own (in truth) and rounded.
"""


@dataclass(frozen=True)
class OrganJob(PhantomJob):
    """One scan, with what this layout adds."""

    kind: str
    labelled: bool

    @property
    def name(self) -> str:
        """Name of the case."""
        return f"organs_{self.index:03d}"


def write_nnunet(
    output: Path,
    kind: str,
    scans: int,
    seed: int = 0,
    spacing_mm: Vector | None = None,
    field_of_view_mm: Vector | None = None,
    workers: int = 1,
) -> None:
    """Write ``scans`` labelled scans and a tenth as many, at least one, without labels.

    A second call keeps the scans that are complete, and scans of the same settings may be added.

    Args:
        output: folder to write to, made if needed.
        kind: one of ``ORGAN_SETS``.
        scans: how many with labels: ``organs_000`` and so on; the others count from 900.
        seed: first of the seeds; scan ``i`` depends on ``(seed, i)`` alone.
        spacing_mm: voxel size (x, y, z); None draws each scan's, 3-3.6 in-plane and 4 or 5 along z.
        field_of_view_mm: extent (x, y, z); None draws one that holds the organs.
        workers: processes.

    Raises:
        UserError: the folder holds scans of other settings, or anything else.
    """
    first = max(scans, _FIRST_TEST)
    tests = range(first, first + max(1, scans // _TEST_SHARE))
    jobs = [
        OrganJob(index, seed, spacing_mm, field_of_view_mm, kind, index < scans)
        for index in (*range(scans), *tests)
    ]
    readme = _README.format(kind=kind) + ("" if kind == "organs_ct" else _MR_README)
    others = strangers(output, [(job, _files(output, job)) for job in jobs])
    claim_folder(output, readme, others)
    write_phantoms(output, jobs, _is_complete, write_organs, workers)
    write_json(output / "dataset.json", _described(kind, scans))


def write_organs(output: Path, job: OrganJob) -> None:
    """Make one scan and write its files; the truth file, written last, marks it complete."""
    scan = make_organ_scan(
        ORGAN_SETS[job.kind],
        phantom_seed(job.seed, job.index),
        job.spacing_mm,
        job.field_of_view_mm,
    )
    flipped = job.index % _FLIPPED_EVERY == 1
    files = _files(output, job)
    for path, channel in zip(files.images, scan.channels, strict=True):
        write_nifti(path, *stored_order(channel, scan.affine, flipped))
    if files.label:
        write_nifti(files.label, *stored_order(scan.label, scan.affine, flipped))
    gains = dict(zip(ORGAN_SETS[job.kind].channels, scan.gains, strict=False))
    facts = {"settings": settings_of(job), "bytes": files.sizes, "gains": gains}
    write_json(files.truth, facts)


def _files(output: Path, job: OrganJob) -> ScanFiles:
    folder = output / ("imagesTr" if job.labelled else "imagesTs")
    numbers = range(len(ORGAN_SETS[job.kind].channels))
    images = tuple(folder / f"{job.name}_{number:04d}.nii.gz" for number in numbers)
    label = output / "labelsTr" / f"{job.name}.nii.gz" if job.labelled else None
    return ScanFiles(images, label, output / "truth" / f"{job.name}.json")


def _is_complete(output: Path, job: OrganJob) -> bool:
    return _files(output, job).complete


def _described(kind: str, scans: int) -> dict[str, object]:
    """The content of ``dataset.json``."""
    organs = ORGAN_SETS[kind]
    return {
        "name": "Abdomen phantom",
        "description": "SYNTHETIC organs of the abdomen, computed by medssl",
        "reference": f"medssl prepare phantom --kind {kind}",
        "licence": "see README.txt",
        "channel_names": {str(number): name for number, name in enumerate(organs.channels)},
        "labels": {"background": 0}
        | {name: value for value, name in enumerate(organs.classes, start=1)},
        "numTraining": scans,
        "file_ending": ".nii.gz",
    }
