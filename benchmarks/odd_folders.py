"""Odd ways in which the files of a scan lie about, by name; see odd_cases.py."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from odd_dicom import PLACES, origins, write_series
from odd_files import Case, by_itk, nifti

_DIRECTORY = "1.2.840.10008.1.3.10"


def _series_and(then: Callable[[Path], None]) -> Case:
    """A good series, to whose folder something is done."""

    def write(folder: Path) -> None:
        write_series(folder)
        then(folder)

    return write


def _series_in(name: str) -> Case:
    return lambda folder: write_series(folder / name)


def _nifti_named(name: str) -> Case:
    def write(folder: Path) -> None:
        nifti()(folder)
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "a.nii.gz").rename(folder / name)

    return write


def _linked(folder: Path) -> None:
    write_series(folder / ".elsewhere")
    (folder / "patient").symlink_to(folder / ".elsewhere", target_is_directory=True)
    (folder / "loop").symlink_to(folder, target_is_directory=True)


def _long(folder: Path) -> None:
    long = "1." + "9" * 62
    write_series(folder / f"STUDY-01-01-2000-{long}" / f"CT chest {long}" / f"1.25 mm lung {long}")


def _packed_beside(folder: Path) -> None:
    for path in sorted(folder.glob("*.dcm"))[:3]:
        (folder / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes(), 1))
    (folder / "all.zip").write_bytes(b"PK")


def _directory_beside(folder: Path) -> None:
    index = Dataset()
    index.file_meta = FileMetaDataset()
    index.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    index.file_meta.MediaStorageSOPClassUID = _DIRECTORY
    index.file_meta.MediaStorageSOPInstanceUID = "1.2.3.4.6"
    index.FileSetID, index.DirectoryRecordSequence = "CD", []
    index.save_as(folder / "DICOMDIR", enforce_file_format=True)


def _hidden_beside(folder: Path) -> None:
    for name in ("._000.dcm", ".DS_Store", "Thumbs.db"):
        (folder / name).write_bytes(b"\0\5\x16\7" * 40)


def _loops(folder: Path) -> None:
    (folder / "up").symlink_to(folder, target_is_directory=True)
    (folder / "down").mkdir()
    (folder / "down" / "here").symlink_to(folder / "down", target_is_directory=True)
    (folder / "down" / "there").symlink_to(folder / "up", target_is_directory=True)
    (folder / "itself").symlink_to(folder / "itself")


def _suffixes_gone(folder: Path) -> None:
    for path in list(folder.glob("*.dcm")):
        path.rename(folder / f"IM{path.stem}")


def _suffixes_of_siemens(folder: Path) -> None:
    for path in list(folder.glob("*.dcm")):
        path.rename(folder / f"CT.1.3.12.2.{path.stem}.IMA")


def _emptied(number: int) -> Callable[[Path], None]:
    def empty(folder: Path) -> None:
        (folder / f"{number:03d}.dcm").write_bytes(b"")

    return empty


def _in_two_folders(folder: Path) -> None:
    write_series(folder / "a", origins(PLACES[:30]))
    write_series(folder / "b", origins(PLACES[:31]))


def _without(case: Case, name: str) -> Case:
    def write(folder: Path) -> None:
        case(folder)
        (folder / name).unlink()

    return write


def _link_to_nothing(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "a.nii.gz").symlink_to(folder / "gone.nii.gz")


READ_FOLDERS: dict[str, Case] = {
    "linked": _linked,
    "long_names": _long,
    "beside_packed_slices": _series_and(_packed_beside),
    "beside_dicomdir": _series_and(_directory_beside),
    "beside_hidden_files": _series_and(_hidden_beside),
    "beside_an_empty_file": _series_and(_emptied(99)),
    "loops_of_links": _series_and(_loops),
    "no_suffixes": _series_and(_suffixes_gone),
    "other_suffixes": _series_and(_suffixes_of_siemens),
    "spaces_and_umlauts": _series_in("Jörg Müller/CT  (1) #2 50%"),
    "nifti_spaces_and_umlauts": _nifti_named("Überblick 症例/scan #1 (50%).v2.nii.gz"),
    "nifti_capitals": _nifti_named("A.NII.GZ"),
    "nifti_in_a_folder_of_its_name": _nifti_named("scan.nii.gz/scan.nii.gz"),
    "one_series_in_two_folders": _in_two_folders,
}

REFUSED_FOLDERS: dict[str, tuple[Case, str]] = {
    "an_emptied_slice": (_series_and(_emptied(17)), "slices are missing: 1 of them"),
    "link_to_nothing": (_link_to_nothing, "a.nii.gz: a link to gone.nii.gz, which is not there"),
    "pair_without_voxels": (_without(nifti(".hdr"), "a.img"), "its voxel file a.img is missing"),
    "metaimage_without_voxels": (
        _without(by_itk(".mhd"), "a.raw"),
        "its voxel file a.raw is missing",
    ),
    "nrrd_without_voxels": (_without(by_itk(".nhdr"), "a.raw"), "its voxel file a.raw is missing"),
}
