"""``medssl prepare luna16``: the LUNA16 challenge as its publisher distributes it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..errors import UserError
from ..store.manifest import note_differences, read_manifest
from ..store.marks import read_marks, write_marks
from .asked import read_asked
from .data_set import prepare_data_set
from .luna16_published import compare_with_published, print_differences
from .pairing import Case, read_patients
from .public_data import download_luna16
from .readers import Source, find_sources
from .same_source import claimed

LICENCE = "CC BY 4.0 (LUNA16 as published)"
SPLIT_OF_SUBSET = (*["training"] * 5, *["validation"] * 2, *["test"] * 3)
VALUE_OF = {
    "annotations.csv": "diameter_mm",
    "annotations_excluded.csv": "diameter_mm",
    "candidates.csv": "class",
    "candidates_V2.csv": "class",
}
_KIND = "luna16"
_FOLDERS = ("", "evaluationScript/annotations/", "*/")


def prepare_luna16(
    source: str | Path,
    output: str | Path,
    split: str = "paper",
    download: bool = False,
    spacing: float | Sequence[float] | str = 1.0,
    workers: int | None = None,
    skip_broken: bool = False,
    patients: str | Path | None = None,
    fractions: Sequence[float] = (0.7, 0.1, 0.2),
    seed: int = 0,
    hu_clip: Sequence[float] | None = None,
    folds: int | None = None,
    antialias: bool = True,
    shard: str | None = None,
) -> Path:
    """Prepare LUNA16, or a part of it (Setio et al., Medical Image Analysis 42, 2017).

    Writes what :func:`~medssl.sources.prepare_images` writes, and beside it each table that was
    found, in LUNA16's own columns and LPS mm, with the rows of the prepared scans. Where the
    numbers differ from the published ones, the difference is printed and kept in ``manifest.json``.

    Args:
        source: folder with ``subset0`` to ``subset9`` (``.mhd`` and ``.raw``, one folder deeper
            too) and ``annotations.csv``, ``candidates.csv``, ``candidates_V2.csv`` or
            ``annotations_excluded.csv``.
        output: folder to write.
        split: ``paper``: subsets 0-4 are training, 5-6 validation, 7-9 test; ``patients``: by a
            hash of the patient.
        download: first fetch the data set to ``source``, unless it is there.
        spacing: voxel size in mm, one number or three (x, y, z), or ``native`` to keep each scan's.
        workers: processes, at most; default one for each core, 8 at most.
        skip_broken: leave out unusable scans and list them in the manifest.
        patients: CSV file with the columns id,patient; default: each scan is its own patient.
        fractions: shares of training, validation and test where ``split`` is ``patients``.
        seed: of that split.
        hu_clip: lowest and highest HU to keep; default: HU are not clipped.
        folds: also write this many leave-some-out folds, each patient being tested in one of them;
            only with ``split`` ``patients``, as the others are fixed.
        antialias: blur along axes that become coarser, so that no false structure is left;
            ``false`` only interpolates.
        shard: ``3/40`` prepares the third of forty shares and writes no list, ``merge/40`` writes
            the lists when all are prepared; see :mod:`~.shards`.

    Returns:
        The path of ``datalist.json``.

    Raises:
        UserError: bad arguments, no subset folders, a table that cannot be read, or unusable scans
            without ``skip_broken``.
    """
    if split not in ("paper", "patients"):
        raise UserError(f"split: {split!r}, expected paper or patients")
    asked = read_asked(locals(), licence=LICENCE)
    folder, target = Path(source), Path(output)
    patient_of = {} if patients is None else read_patients(Path(patients))
    if download:
        download_luna16(folder)
    cases = find_luna16(folder, split, patient_of)
    tables = {name: read_marks(path, VALUE_OF[name]) for name, path in find_tables(folder).items()}
    with claimed(target, _KIND, asked):
        datalist = prepare_data_set(folder, cases, target, asked, kind=_KIND)
        if asked.is_part:
            return datalist
        scans = read_manifest(target)["scans"]
        for name, marks in tables.items():
            write_marks(target / name, marks.of(scan["id"] for scan in scans), VALUE_OF[name])
        differences = compare_with_published(scans, tables, split == "paper")
        note_differences(target, differences)
    print_differences(folder, differences)
    return datalist


def find_luna16(
    folder: Path, split: str = "paper", patient_of: Mapping[str, str] | None = None
) -> list[Case]:
    """List the scans below the folders ``subset0`` to ``subset9``, sorted by series UID.

    Args:
        folder: searched recursively.
        split: ``paper`` or ``patients``, see :func:`prepare_luna16`.
        patient_of: series UID to patient, as far as known.

    Raises:
        UserError: no such folder, no scan in any subset, or one series twice.
    """
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder; give the folder that holds subset0 to subset9")
    found: dict[str, tuple[int, Source]] = {}
    for source in find_sources(folder):
        subset = re.search(r"(?:^|/)subset(\d)/", source.name)
        if subset is None or source.path.suffix != ".mhd":
            continue
        uid = source.path.stem
        if uid in found:
            other = found[uid][1].name
            raise UserError(f"{folder}: {other} and {source.name} are one series; remove one")
        found[uid] = int(subset[1]), source
    if not found:
        raise UserError(
            f"{folder}: no .mhd file in a folder subset0 to subset9; unzip LUNA16's subset*.zip "
            "there, or use `medssl prepare images` for other layouts"
        )
    patients = patient_of or {}
    return [
        Case(
            uid,
            source,
            patient=patients.get(uid),
            split=SPLIT_OF_SUBSET[subset] if split == "paper" else None,
            facts={"subset": subset, "series_uid": uid},
        )
        for uid, (subset, source) in sorted(found.items())
    ]


def find_tables(folder: Path) -> dict[str, Path]:
    """The tables in ``folder``, in LUNA16's evaluation script or one folder down."""
    found = {}
    for name in VALUE_OF:
        paths = (path for place in _FOLDERS for path in sorted(folder.glob(f"{place}{name}")))
        path = next(paths, None)
        if path is not None:
            found[name] = path
    return found
