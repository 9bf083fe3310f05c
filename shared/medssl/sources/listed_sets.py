"""``medssl prepare nnunet`` and ``medssl prepare decathlon``: data sets as others keep them.

nnU-Net's raw layout (Isensee et al. 2021): ``imagesTr/<case>_0000.nii.gz``, ``labelsTr/<case>`` and
``dataset.json``; its folds are those of ``splits_final.json``. The Medical Segmentation Decathlon
(Antonelli et al., arXiv 2106.05735) lists its pairs in ``dataset.json``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ..errors import UserError
from ..store.joined import CHANNEL
from ..store.manifest import NOT_STATED
from ..store.splits import SPLITS, check_fractions
from .asked import read_asked
from .data_set import prepare_data_set
from .dataset_json import NAME, Described, modality_of, read_dataset_json
from .intensity import Modality, check_modality
from .listed_layouts import read_decathlon, read_nnunet
from .nnunet_folds import read_splits
from .pairing import Case, read_patients
from .patient_names import EACH, assign_patients


def prepare_listed(
    data_set: str,
    source: str | Path,
    output: str | Path,
    splits: str | Path | None = None,
    patients: str | Path | None = None,
    modality: str | None = None,
    intensity: str | None = None,
    spacing: float | Sequence[float] | str = 1.0,
    workers: int | None = None,
    skip_broken: bool = False,
    fractions: Sequence[float] = (0.7, 0.1, 0.2),
    seed: int = 0,
    hu_clip: Sequence[float] | None = None,
    folds: int | None = None,
    table: str | Path | None = None,
    antialias: bool = True,
    shard: str | None = None,
) -> Path:
    """Prepare a data set that describes itself: RAS order, one voxel size, split by patient.

    Channel names decide the rule for the values, label names go into the data list. Cases of
    ``imagesTs`` that have a label in ``labelsTs`` are the test; otherwise it is drawn as well.

    Args:
        data_set: ``nnunet`` or ``decathlon``.
        source: folder ``DatasetNNN_Name`` or ``TaskNN_Name``.
        output: folder to write.
        splits: nnU-Net's ``splits_final.json``, whose folds are taken over: those that a fold of it
            validates on are tested here, and validation is drawn from those that it trains on; it
            leaves out patients of cases that it does not name. Default: the one in ``source``, if
            there is one.
        patients: a CSV table id,patient of the cases, or a glob pattern of the images whose first
            ``*`` is the patient; default: each case is a patient of its own.
        modality: ``ct``, ``mr`` or ``other``, instead of what the names of the channels say; needed
            where nnU-Net's ``dataset.json`` is missing.
        intensity: rule for the values, instead of the modality's.
        spacing: voxel size in mm, one number or three (x, y, z), or ``native``.
        workers: processes, at most; default one for each core, 8 at most.
        skip_broken: leave out unusable scans and list them in the manifest.
        fractions: shares of training, validation and test.
        seed: of that split.
        hu_clip: lowest and highest stored value to keep; default: they are not clipped.
        folds: draw this many folds, instead of those of ``splits``; not where ``labelsTs`` says
            who is tested.
        table: CSV file with the columns case,label and, of regions, x,y,z in LPS mm: the classes of
            cases, for classification. It is checked and copied to ``labels.csv``.
        antialias: blur along axes that become coarser, so that no false structure is left;
            ``false`` only interpolates.
        shard: ``3/40`` prepares the third of forty shares and writes no list, ``merge/40`` writes
            the lists when all are prepared; see :mod:`~.shards`.

    Returns:
        The path of ``datalist.json``.

    Raises:
        UserError: bad arguments, no such data set, channels that are missing or do not fit
            together, or splits of other cases.
    """
    asked = read_asked(locals())
    folder = Path(source)
    described = _described(data_set, folder, modality)
    kind = _modality(described, modality, intensity)
    read = read_nnunet if data_set == "nnunet" else read_decathlon
    cases = read(folder, described)
    published = () if folds is not None else read_splits(folder, splits, cases)
    cases = _of_patients(cases, patients)
    asked = replace(
        asked,
        fractions=_shares(cases, asked.fractions, folds),
        licence=described.licence or NOT_STATED,
        modality=kind,
        published=published,
    )
    return prepare_data_set(
        folder, cases, Path(output), asked, described.label_names, kind=data_set
    )


def _shares(
    cases: Sequence[Case], shares: tuple[float, float, float], folds: int | None
) -> tuple[float, float, float]:
    """The shares of the cases that are to be split, where others are the published test.

    Raises:
        UserError: folds of a published test, or a patient in both.
    """
    tested = {case.patient for case in cases if case.split == SPLITS[2]}
    if not tested:
        return shares
    if folds is not None:
        raise UserError(
            "folds: labelsTs says who is tested, so there is nothing to take turns in; leave "
            "--folds out, or prepare a copy without imagesTs and labelsTs"
        )
    if both := sorted(str(c.patient) for c in cases if c.patient in tested and c.split is None):
        raise UserError(
            f"patients: {both[0]} has cases in imagesTr and in imagesTs, which is the test; "
            "remove one of the two, or prepare a copy without imagesTs and labelsTs"
        )
    return check_fractions([share / (shares[0] + shares[1]) for share in shares[:2]] + [0])


def _described(data_set: str, folder: Path, modality: str | None) -> Described:
    """What ``dataset.json`` says; where nnU-Net's is missing, what a user says must do."""
    bare = data_set == "nnunet" and (folder / "imagesTr").is_dir()
    if bare and not (folder / NAME).is_file():
        if modality is None:
            raise UserError(f"{folder}: no {NAME}; say what its scans are with --modality")
        return Described(folder / NAME, ("image",), {}, (), "")
    return read_dataset_json(folder)


def _of_patients(cases: list[Case], patients: str | Path | None) -> list[Case]:
    """The cases' patients as a user says; ids of the table are cases, whatever their channels.

    A pattern is that of the first channel, so that all of a case are one patient's.
    """
    if patients is None or patients == EACH:
        return cases
    if "*" in str(patients):
        firsts = [case for case in cases if not case.facts.get(CHANNEL)]
        found = assign_patients([_without_number(case) for case in firsts], patients)
        whose = {one.patient: each.patient for one, each in zip(firsts, found, strict=True)}
        return [replace(case, patient=whose[case.patient]) for case in cases]
    said = read_patients(Path(patients))
    if unknown := sorted(said.keys() - {case.patient for case in cases}):
        raise UserError(f"patients: {patients} names {unknown[0]}, which is no case here")
    return [
        replace(case, patient=said[str(case.patient)], patient_from="table")
        if case.patient in said
        else case
        for case in cases
    ]


def _without_number(case: Case) -> Case:
    """The case, its file of four axes named without the number of a volume."""
    name = case.image.name.removesuffix(f"#{case.image.channel}")
    return replace(case, image=replace(case.image, name=name))


def _modality(described: Described, modality: str | None, intensity: str | None) -> Modality:
    if modality is None:
        return modality_of(described.channels, intensity)
    return replace(check_modality(modality, intensity), channels=described.channels)
