"""What may be in a zip archive, seen before anything of it is unpacked."""

from __future__ import annotations

import errno
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from .errors import UserError

# A bundle holds some 350 files; three copies of a network of 100 million parameters are 1.2 GB.
MOST_ENTRIES = 5000
MOST_BYTES = 4 << 30
# Weights hardly shrink and texts to a tenth; small archives may hold what they like.
_MOST_RATIO, _SMALL = 50, 16 << 20
# A list of 100,000 scans, which provenance.json holds, is 50 MB.
MOST_TEXT = 256 << 20
# What reading a damaged or odd archive raises; RuntimeError where it is encrypted.
BAD_ZIP = (OSError, zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError)
# What reading an entry raises where it is damaged, cut off or placed elsewhere.
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, struct.error)
_ENCRYPTED, _PATCHED = 0x1 | 0x40, 0x20
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_REASON = "this is no released bundle, do not use it"


@contextmanager
def open_release(path: Path) -> Iterator[tuple[zipfile.ZipFile, str]]:
    """A released bundle's archive, checked, and the name of its top directory.

    What goes wrong in the block but for a damaged entry is told by whoever does it: a full disk is
    no fault of the zip.

    Raises:
        UserError: see :func:`check_entries`, or it cannot be read, nor can an entry in the block.
    """
    with _unreadable(path, BAD_ZIP):
        opened = zipfile.ZipFile(path)
    with opened as archive, _unreadable(path, DAMAGED):
        yield archive, check_entries(archive, path)


@contextmanager
def _unreadable(path: Path, kinds: tuple[type[Exception], ...]) -> Iterator[None]:
    try:
        yield
    except kinds as error:
        raise _damaged(path, error) from error
    except OSError as error:
        # So an entry ends that the directory places before the start of the file.
        if error.errno != errno.EINVAL or error.filename:
            raise
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> UserError:
    return UserError(f"{path}: not a readable zip ({error}); download it again")


def read_text(archive: zipfile.ZipFile, name: str) -> bytes:
    """An entry that is to be read into memory as a whole.

    Raises:
        UserError: it is larger than any text of ours.
        KeyError: there is none of that name.
    """
    size = archive.getinfo(name).file_size
    if size > MOST_TEXT:
        raise UserError(
            f"{archive.filename}: {name} unpacks to {size >> 20} MiB, more than "
            f"{MOST_TEXT >> 20}; do not use it"
        )
    return archive.read(name)


def check_entries(archive: zipfile.ZipFile, path: Path) -> str:
    """Return the one top directory of an archive.

    Args:
        archive: opened for reading; only its directory is looked at.
        path: its file.

    Raises:
        UserError: what no released bundle holds: an entry that would land outside, has no name, is
            there twice, is a link or a device, encrypted or packed otherwise; several top
            directories; too many entries or bytes, or far more of them than the file explains.
    """
    entries, name = archive.infolist(), path.name
    for entry in entries:
        if fault := next(_faults(entry), None):
            raise UserError(f"{name}: entry {entry.filename!r} {fault}; do not use it")
    _check_amount(entries, name, path.stat().st_size)
    _check_twice(entries, name)
    tops = {PurePosixPath(entry.filename).parts[0] for entry in entries}
    if len(tops) != 1:
        raise UserError(
            f"{name}: expected one top directory, the bundle's, got {sorted(tops)[:5]}; "
            "this is no released bundle"
        )
    return tops.pop()


def _faults(entry: zipfile.ZipInfo) -> Iterator[str]:
    path, kind = PurePosixPath(entry.filename), stat.S_IFMT(entry.external_attr >> 16)
    if path.is_absolute() or ".." in path.parts or "\\" in entry.filename:
        yield "would land outside"
    if not path.parts:
        yield "has no name"
    elif ":" in path.parts[0]:
        yield "would land outside"
    if len(path.parts) == 1 and not entry.is_dir():
        yield "would land outside of the bundle's folder"
    if kind == stat.S_IFLNK:
        yield "is a link"
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        yield "is neither a file nor a folder"
    if entry.flag_bits & _ENCRYPTED:
        yield "is encrypted"
    if entry.compress_type not in _METHODS or entry.flag_bits & _PATCHED:
        yield "is packed in a way that bundles are not"


def _check_amount(entries: list[zipfile.ZipInfo], name: str, size: int) -> None:
    """Refuse what would fill a disk; unpacking stops where an entry is longer than it says."""
    total = sum(entry.file_size for entry in entries)
    if len(entries) > MOST_ENTRIES:
        raise UserError(f"{name}: {len(entries)} entries, more than {MOST_ENTRIES}; {_REASON}")
    if total > MOST_BYTES:
        raise UserError(
            f"{name}: unpacks to {total >> 20} MiB, more than {MOST_BYTES >> 20}; {_REASON}"
        )
    if total > max(_SMALL, _MOST_RATIO * size):
        raise UserError(
            f"{name}: {size >> 10} KiB that unpack to {total >> 20} MiB, more than "
            f"{_MOST_RATIO} times as much; {_REASON}"
        )


def _check_twice(entries: list[zipfile.ZipInfo], name: str) -> None:
    """Refuse names that are one where a file system ignores case, and a file that is a folder."""
    seen: set[str] = set()
    files: set[str] = set()
    for entry in entries:
        path = str(PurePosixPath(entry.filename)).casefold()
        if path in seen:
            raise UserError(f"{name}: entry {entry.filename!r} is there twice; do not use it")
        seen.add(path)
        if not entry.is_dir():
            files.add(path)
    for path in seen:
        above = {str(parent) for parent in PurePosixPath(path).parents}
        if both := sorted(above & files):
            raise UserError(f"{name}: entry {both[0]!r} is a file and a folder; do not use it")
