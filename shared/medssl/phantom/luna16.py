"""Phantoms on disk in the layout of the LUNA16 challenge."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..files import make_folder, write_atomically, write_json
from ..store.case_table import CASE, LABEL, PLACE, TABLE
from .candidates import draw_candidates
from .chest import make_chest_phantom
from .metaimage import stored_order, write_metaimage
from .nifti import write_nifti
from .runs import PhantomJob, claim_folder, phantom_seed, write_phantoms

SUBSETS = 10
_FLIPPED_EVERY = 4
_README = """\
SYNTHETIC DATA. Nobody was scanned: every chest CT in this folder was computed by the chest phantom
of medssl (`medssl prepare phantom`) from a seed. Fit for trying out and testing software; not for
any statement about patients.

The layout is LUNA16's: subset0 ... subset9 hold the scans (MetaImage, HU, some with flipped
direction cosines), annotations.csv the nodules (centre in LPS mm, diameter in mm), candidates.csv
candidate positions (class 1 nodule, class 0 not), labels.csv the same as classes of regions, for
`medssl prepare images --images 'subset*/*.mhd' --table labels.csv`. nodule_masks holds the nodules'
instance ids in each scan's geometry, truth the same facts and the settings of every scan as JSON.
"""


@dataclass(frozen=True)
class ScanJob(PhantomJob):
    """One scan, with what this layout adds."""

    negatives: int

    @property
    def series_uid(self) -> str:
        """A DICOM UID derived from the job (2.25 is the root of UUIDs, nobody's own)."""
        digest = hashlib.blake2b(repr(self).encode(), digest_size=16).digest()
        return f"2.25.{uuid.UUID(bytes=digest, version=4).int}"


def write_luna16(
    output: Path,
    scans: int,
    seed: int = 0,
    spacing_mm: tuple[float, float, float] | None = None,
    field_of_view_mm: tuple[float, float, float] | None = None,
    negatives_per_scan: int = 100,
    workers: int = 1,
) -> None:
    """Write ``scans`` chest phantoms, spread over ten subsets, with annotations and candidates.

    A second call keeps the scans that are complete, and more scans of the same settings may be
    added. Files appear under their name only when they are whole.

    Args:
        output: folder to write to, made if needed.
        scans: how many.
        seed: first of the seeds; scan ``i`` depends on ``(seed, i)`` alone.
        spacing_mm: voxel size (x, y, z); None draws LUNA16's range for each scan.
        field_of_view_mm: extent (x, y, z); None draws a whole chest for each scan.
        negatives_per_scan: candidates of class 0 for each scan (LUNA16 has about 620).
        workers: processes.

    Raises:
        UserError: the folder holds scans of other settings, or anything else.
    """
    jobs = [
        ScanJob(index, seed, spacing_mm, field_of_view_mm, negatives_per_scan)
        for index in range(scans)
    ]
    expected = {_paths(output, job)[0] for job in jobs}
    claim_folder(output, _README, sorted({*output.glob("subset*/*.mhd")} - expected))
    for subset in range(SUBSETS):
        make_folder(output / f"subset{subset}")
    write_phantoms(output, jobs, _is_complete, write_scan, workers)
    _write_tables(output, jobs)


def write_scan(output: Path, job: ScanJob) -> None:
    """Make one scan and write its files; the truth file, written last, marks it complete."""
    seed = phantom_seed(job.seed, job.index)
    phantom = make_chest_phantom(seed, job.spacing_mm, job.field_of_view_mm)
    flipped = job.index % _FLIPPED_EVERY == 1
    volume, affine = stored_order(phantom.volume, phantom.affine, flipped)
    mask, _ = stored_order(phantom.nodule_mask, phantom.affine, flipped)
    header, _, mask_path, truth = _paths(output, job)
    write_metaimage(header, volume, affine)
    write_nifti(mask_path, mask, affine)
    rng = np.random.default_rng((job.seed, job.index, 1))
    facts = {
        "seriesuid": job.series_uid,
        "settings": asdict(job),
        "bytes": volume.nbytes,
        "nodules": [asdict(nodule) for nodule in phantom.nodules],
        "candidates": draw_candidates(phantom, job.negatives, rng),
    }
    write_json(truth, facts)


def _paths(output: Path, job: ScanJob) -> tuple[Path, Path, Path, Path]:
    """Return header, voxels, nodule mask and truth of a scan."""
    uid, subset = job.series_uid, output / f"subset{job.index % SUBSETS}"
    mask, truth = output / "nodule_masks" / f"{uid}.nii.gz", output / "truth" / f"{uid}.json"
    return subset / f"{uid}.mhd", subset / f"{uid}.raw", mask, truth


def _is_complete(output: Path, job: ScanJob) -> bool:
    header, raw, mask, truth = _paths(output, job)
    if not all(path.is_file() for path in (header, raw, mask, truth)):
        return False
    try:
        facts = json.loads(truth.read_text(encoding="utf-8"))
    except ValueError:
        return False
    return bool(raw.stat().st_size == facts["bytes"])


def _write_tables(output: Path, jobs: list[ScanJob]) -> None:
    """Write annotations.csv and candidates.csv as LUNA16 does, and labels.csv; in LPS mm."""
    nodules: list[list[Any]] = []
    candidates: list[list[Any]] = []
    for job in jobs:
        facts = json.loads(_paths(output, job)[-1].read_text(encoding="utf-8"))
        uid = facts["seriesuid"]
        for nodule in facts["nodules"]:
            nodules.append([uid, *_lps(nodule["world_mm"]), f"{nodule['diameter_mm']:.6f}"])
        for *world, kind in facts["candidates"]:
            candidates.append([uid, *_lps(world), kind])
    axes = ["seriesuid", "coordX", "coordY", "coordZ"]
    _write_csv(output / "annotations.csv", [*axes, "diameter_mm"], nodules)
    _write_csv(output / "candidates.csv", [*axes, "class"], candidates)
    named = [[uid, ("no nodule", "nodule")[kind], *place] for uid, *place, kind in candidates]
    _write_csv(output / TABLE, [CASE, LABEL, *PLACE], named)


def _lps(world: list[float]) -> list[str]:
    return [f"{value:.6f}" for value in (-world[0], -world[1], world[2])]


def _write_csv(path: Path, header: list[str], rows: list[list[Any]]) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    write_atomically(path, lambda temporary: temporary.write_text(text.getvalue()))
