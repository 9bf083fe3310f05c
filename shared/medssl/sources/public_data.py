"""Where the public data sets are fetched from."""

from __future__ import annotations

import json
import re
import shutil
import tarfile
from dataclasses import dataclass
from pathlib import Path

from ..errors import UserError
from .http_file import check_room, fetch, network_errors, open_url

BY_HAND = {
    "lits": "LiTS needs an account: fetch 'Training Batch 1' and 'Training Batch 2' from "
    "https://competitions.codalab.org/competitions/17094 and unpack both below --source; the same "
    "scans come without an account with `medssl prepare msd_liver --download`",
    "lidc": "LIDC-IDRI comes through TCIA's own program: fetch images and 'Radiologist "
    "Annotations (XML)' from https://www.cancerimagingarchive.net/collection/lidc-idri and put "
    "both below --source",
}
ZENODO = "https://zenodo.org/api/records"
_LUNA16_RECORDS = ("3723295", "4121926")
_LUNA16_FILES = re.compile(
    r"subset\d\.zip|annotations\.csv|candidates\.csv|candidates_V2\.zip|evaluationScript\.zip"
)
_SUBSETS = 10
_UNPACKED = 2.0  # size of LUNA16's scans over that of their archives


@dataclass(frozen=True)
class Remote:
    """A file to fetch: where it lies, its bytes and its checksum as ``algorithm:hex``."""

    name: str
    url: str
    size: int
    checksum: str


def download_msd_liver(folder: Path) -> Path:
    """Fetch Task03_Liver of the Medical Segmentation Decathlon from where MONAI fetches it.

    Args:
        folder: where to unpack it, made if needed.

    Returns:
        The folder ``Task03_Liver``.

    Raises:
        UserError: no network, no room on the disk, or a wrong checksum.
    """
    from monai.apps import DecathlonDataset

    task = "Task03_Liver"
    url, md5 = DecathlonDataset.resource[task], DecathlonDataset.md5[task]
    _fetch_unpacked(url, folder / f"{task}.tar", f"md5:{md5}")
    return folder / task


def download_luna16(folder: Path) -> Path:
    """Fetch LUNA16's scans and tables from its two Zenodo records, and unpack them.

    Args:
        folder: where to put ``subset0`` to ``subset9`` and the tables, made if needed.

    Returns:
        The folder.

    Raises:
        UserError: no network, records without LUNA16's files, no room on the disk, or a wrong
            checksum.
    """
    remotes = [remote for record in _LUNA16_RECORDS for remote in _zenodo_files(record)]
    remotes = [remote for remote in remotes if _LUNA16_FILES.fullmatch(remote.name)]
    missing = {f"subset{k}.zip" for k in range(_SUBSETS)} - {remote.name for remote in remotes}
    if missing:
        raise UserError(
            f"{ZENODO}: {', '.join(sorted(missing))} not in the records "
            f"{' and '.join(_LUNA16_RECORDS)}; fetch LUNA16 by hand, see "
            "https://luna16.grand-challenge.org/Download"
        )
    todo = [remote for remote in remotes if not _done(folder / remote.name)]
    check_room(folder, int(_UNPACKED * sum(remote.size for remote in todo)))
    for remote in todo:
        _fetch_unpacked(remote.url, folder / remote.name, remote.checksum)
    return folder


def _fetch_unpacked(url: str, path: Path, checksum: str) -> None:
    """Fetch a file; an archive is unpacked beside it and removed. Does nothing the second time."""
    if _done(path):
        return
    fetch(url, path, checksum)
    if path.suffix in (".zip", ".tar"):
        check_room(path.parent, path.stat().st_size)
        _unpack(path)
        _marker(path).touch()
        path.unlink()


def _unpack(path: Path) -> None:
    if path.suffix == ".zip":
        shutil.unpack_archive(path, path.parent)
    else:
        with tarfile.open(path) as archive:
            archive.extractall(path.parent, filter="data")


def _done(path: Path) -> bool:
    return _marker(path).is_file() or (path.suffix == ".csv" and path.is_file())


def _marker(path: Path) -> Path:
    return path.with_name(f".{path.name}.unpacked")


def _zenodo_files(record: str) -> list[Remote]:
    url = f"{ZENODO}/{record}"
    with network_errors(url, None), open_url(url) as response:
        listing = json.load(response)
    return [
        Remote(entry["key"], entry["links"]["self"], entry["size"], entry["checksum"])
        for entry in listing["files"]
    ]
