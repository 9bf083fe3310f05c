"""Zip archives that are the same bytes for the same content, and are taken apart with care."""

from __future__ import annotations

import os
import shutil
import stat
import zipfile
from pathlib import Path

from ..archives import open_release
from ..errors import UserError
from ..files import make_folder, remove_stale, write_atomically

_DATE = (1980, 1, 1, 0, 0, 0)
_MODE = 0o644


def write_archive(folder: Path, path: Path) -> None:
    """Pack ``folder`` with its own name as the top directory.

    Order, dates and permissions do not depend on the machine, so equal files give equal archives.

    Args:
        folder: what to pack; hidden files and folders are left out.
        path: archive to write; it appears when it is whole. What a killed process has left beside
            it is removed.
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

    make_folder(path.parent)
    remove_stale(path.parent)
    write_atomically(path, write)


def unpack(path: Path, folder: Path) -> Path:
    """Unpack a released bundle into ``folder`` and return the bundle's folder.

    The bundle appears there when it is whole; what a killed process has left is removed.

    Raises:
        UserError: no readable archive, a damaged entry, one that no bundle holds (see
            :func:`~medssl.archives.open_release`), the bundle is there, or the folder cannot be
            written.
    """
    try:
        with open_release(path) as (archive, top):
            target = folder / top
            if target.exists():
                raise _there(target)
            _extract(archive, folder, top)
    except OSError as error:
        raise UserError(
            f"{error.filename or folder}: cannot be written ({error.strerror or error}); "
            f"{path.name} was not unpacked"
        ) from error
    return target


def _there(target: Path) -> UserError:
    return UserError(f"{target}: is there already; remove it or choose another folder")


def _extract(archive: zipfile.ZipFile, folder: Path, top: str) -> None:
    """Unpack beside the target, then rename; an entry's checksum is compared as it is read."""
    new = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    remove_stale(folder)
    staged = folder / f".{top}.{os.getpid()}.tmp"
    try:
        archive.extractall(staged)
        (staged / top).replace(folder / top)
    except OSError as error:
        if (folder / top).exists():  # since we looked
            raise _there(folder / top) from error
        raise
    finally:
        shutil.rmtree(staged, ignore_errors=True)
        if new and not any(folder.iterdir()):
            folder.rmdir()
