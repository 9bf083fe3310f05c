"""Phantoms on disk in the layout of the Medical Segmentation Decathlon's liver task."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..files import write_json
from .abdomen import make_abdomen_phantom
from .nifti import stored_order, write_nifti
from .runs import (
    PhantomJob,
    ScanFiles,
    claim_folder,
    phantom_seed,
    settings_of,
    strangers,
    write_phantoms,
)

_FIRST_TEST = 131  # the Decathlon's own first number without a label
_TEST_SHARE = 10
_FLIPPED_EVERY = 3
_README = """\
SYNTHETIC DATA. Nobody was scanned: every abdominal CT in this folder was computed by the abdomen
phantom of medssl (`medssl prepare phantom --kind abdomen`) from a seed. Fit for trying out and
testing software; not for any statement about patients.

The layout is that of Task03_Liver of the Medical Segmentation Decathlon: imagesTr/liver_N.nii.gz
(HU, some stored from right to left) with labelsTr/liver_N.nii.gz (0 background, 1 liver, 2 tumour),
imagesTs without labels, dataset.json. truth holds the tumours and the settings of every scan.
"""


@dataclass(frozen=True)
class ScanJob(PhantomJob):
    """One scan, with what this layout adds."""

    labelled: bool

    @property
    def name(self) -> str:
        """File name of the scan and of its label."""
        return f"liver_{self.index}.nii.gz"


def write_decathlon(
    output: Path,
    scans: int,
    seed: int = 0,
    spacing_mm: tuple[float, float, float] | None = None,
    field_of_view_mm: tuple[float, float, float] | None = None,
    workers: int = 1,
) -> None:
    """Write ``scans`` labelled abdomen phantoms and a tenth as many, at least one, without labels.

    A second call keeps the scans that are complete, and up to 131 scans of the same settings may
    be added. Files appear under their name only when they are whole.

    Args:
        output: folder to write to, made if needed.
        scans: how many with labels: ``liver_0`` and so on; the others count from 131.
        seed: first of the seeds; scan ``i`` depends on ``(seed, i)`` alone.
        spacing_mm: voxel size (x, y, z); None draws each scan's, 0.65-0.9 in-plane and 1-5 along z.
        field_of_view_mm: extent (x, y, z); None draws a whole abdomen for each scan.
        workers: processes.

    Raises:
        UserError: the folder holds scans of other settings, or anything else.
    """
    first = max(scans, _FIRST_TEST)
    tests = range(first, first + max(1, scans // _TEST_SHARE))
    jobs = [
        ScanJob(index, seed, spacing_mm, field_of_view_mm, index < scans)
        for index in (*range(scans), *tests)
    ]
    others = strangers(output, [(job, _files(output, job)) for job in jobs])
    claim_folder(output, _README, others)
    write_phantoms(output, jobs, _is_complete, write_scan, workers)
    write_json(output / "dataset.json", _listing(jobs))


def write_scan(output: Path, job: ScanJob) -> None:
    """Make one scan and write its files; the truth file, written last, marks it complete."""
    seed = phantom_seed(job.seed, job.index)
    phantom = make_abdomen_phantom(seed, job.spacing_mm, job.field_of_view_mm)
    flipped = job.index % _FLIPPED_EVERY == 1
    files = _files(output, job)
    write_nifti(files.images[0], *stored_order(phantom.volume, phantom.affine, flipped))
    if files.label:
        write_nifti(files.label, *stored_order(phantom.label, phantom.affine, flipped))
    facts = {"bytes": files.sizes, "tumours": phantom.tumours}
    write_json(files.truth, {"settings": settings_of(job), **facts})


def _files(output: Path, job: ScanJob) -> ScanFiles:
    folder = output / ("imagesTr" if job.labelled else "imagesTs")
    label = output / "labelsTr" / job.name if job.labelled else None
    truth = output / "truth" / job.name.replace(".nii.gz", ".json")
    return ScanFiles((folder / job.name,), label, truth)


def _is_complete(output: Path, job: ScanJob) -> bool:
    return _files(output, job).complete


def _listing(jobs: list[ScanJob]) -> dict[str, object]:
    training = [job.name for job in jobs if job.labelled]
    tests = [job.name for job in jobs if not job.labelled]
    return {
        "name": "Liver phantom",
        "description": "SYNTHETIC liver and tumours, computed by medssl",
        "reference": "medssl prepare phantom --kind abdomen",
        "licence": "see README.txt",
        "release": "1.0",
        "tensorImageSize": "3D",
        "modality": {"0": "CT"},
        "labels": {"0": "background", "1": "liver", "2": "cancer"},
        "numTraining": len(training),
        "numTest": len(tests),
        "training": [
            {"image": f"./imagesTr/{name}", "label": f"./labelsTr/{name}"} for name in training
        ],
        "test": [f"./imagesTs/{name}" for name in tests],
    }
