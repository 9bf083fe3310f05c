"""Zip archives that are the same bytes for the same content, and are taken apart with care."""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from ..errors import UserError
from ..files import write_atomically

_DATE = (1980, 1, 1, 0, 0, 0)
_MODE = 0o644
_MOST_BYTES = 8 << 30


def write_archive(folder: Path, path: Path) -> None:
    """Pack ``folder`` with its own name as the top directory.

    Order, dates and permissions do not depend on the machine, so equal files give equal archives.

    Args:
        folder: what to pack; hidden files and folders are left out.
        path: archive to write; it appears when it is whole.
    """
    files = sorted(
        (file for file in folder.rglob("*") if file.is_file()),
        key=lambda file: file.relative_to(folder).as_posix(),
    )

    def write(temporary: Path) -> None:
        with zipfile.ZipFile(temporary, "w") as archive:
            for file in files:
                inside = file.relative_to(folder)
                if any(part.startswith(".") for part in inside.parts):
                    continue
                entry = zipfile.ZipInfo(f"{folder.name}/{inside.as_posix()}", _DATE)
                entry.external_attr = (stat.S_IFREG | _MODE) << 16
                entry.create_system = 3
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, file.read_bytes(), compresslevel=9)

    write_atomically(path, write)


def check_entries(entries: Iterable[zipfile.ZipInfo], name: str) -> str:
    """Return the one top directory of an archive.

    Args:
        entries: of the archive.
        name: of the archive, for messages.

    Raises:
        UserError: an entry that would land outside, a link, several top directories, or contents
            of more than 8 GB.
    """
    tops, total = set(), 0
    for entry in entries:
        path = PurePosixPath(entry.filename)
        outside = path.is_absolute() or ".." in path.parts or "\\" in entry.filename
        if outside or ":" in path.parts[0]:
            raise UserError(f"{name}: entry {entry.filename!r} would land outside; do not use it")
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise UserError(f"{name}: entry {entry.filename!r} is a link; do not use it")
        tops.add(path.parts[0])
        total += entry.file_size
    if total > _MOST_BYTES:
        raise UserError(f"{name}: unpacks to {total >> 20} MiB, more than {_MOST_BYTES >> 20}")
    if len(tops) != 1:
        raise UserError(
            f"{name}: expected one top directory, the bundle's, got {sorted(tops)[:5]}; "
            "this is no released bundle"
        )
    return tops.pop()


def unpack(path: Path, folder: Path) -> Path:
    """Unpack a released bundle into ``folder`` and return the bundle's folder.

    Raises:
        UserError: no readable archive, a damaged or an unsafe entry, or the bundle is there.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            top = check_entries(archive.infolist(), path.name)
            target = folder / top
            if target.exists():
                raise UserError(f"{target}: is there already; remove it or choose another folder")
            damaged = archive.testzip()
            if damaged:
                raise UserError(f"{path}: entry {damaged!r} is damaged; download it again")
            archive.extractall(folder)
    except (OSError, zipfile.BadZipFile, zlib.error) as error:
        raise UserError(f"{path}: not a readable zip ({error}); download it again") from error
    return target
