"""Files that are either whole or absent."""

from __future__ import annotations

import errno
import gc
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from .errors import UnwritableError, UserError

CHUNK = 1 << 20
_REFUSED = (errno.EACCES, errno.EPERM, errno.EROFS)
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
# Folders, resolved, that this process had: made anew they would lack what was lost with them.
CLAIMED: list[Path] = []
_TEMPORARY = re.compile(r"\..+\.(\d+)\.tmp")  # .<name>.<process>.tmp


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Let ``write`` fill a temporary file beside ``path``, then rename it into place.

    A reader, or a run that was killed half-way, sees the old file or the new one, never a part.
    """
    with staged(path) as (temporary,):
        write(temporary)


@contextmanager
def staged(*paths: Path) -> Iterator[list[Path]]:
    """Temporary files beside ``paths``, renamed into place together when the block has ended well.

    Files that describe each other are then either all old or all new, but for a kill between two
    renames.

    Raises:
        UnwritableError: there is no room for them, in whatever words the writer says so, or they
            may not be written there.
        UserError: a folder has the name of one of them, or what is no file, such as a device.
    """
    temporaries = [path.with_name(f".{path.name}.{os.getpid()}.tmp") for path in paths]
    for path in paths:
        if path.is_dir():
            raise UserError(f"{path}: a folder, expected a file to write; give another name")
        if path.exists() and not path.is_file():  # or leads to one, as /dev/stdout does
            raise UserError(f"{path}: a device or a pipe, expected a file; give another name")
        make_folder(path.parent)
    try:
        with writing(paths[0]):
            yield temporaries
            for temporary in temporaries:
                with temporary.open("rb") as stream:
                    os.fsync(stream.fileno())
            for temporary, path in zip(temporaries, paths, strict=True):
                temporary.replace(path)
    finally:
        for temporary in temporaries:
            with suppress(OSError):  # where nothing may be written, which is told already
                temporary.unlink(missing_ok=True)


def refuse_to_replace(path: Path, is_own: Callable[[bytes], bool], kind: str) -> None:
    """Refuse to write over what is there and not of a kind; what is empty may be replaced.

    Args:
        path: of a file that will be written.
        is_own: whether a file that begins so, in :data:`CHUNK` bytes, is of the kind.
        kind: what it is called.

    Raises:
        UserError: something else is there.
    """
    if not path.exists():
        return
    head = b"?"
    if path.is_file():
        with path.open("rb") as stream:
            head = stream.read(CHUNK)
    if head and not is_own(head):
        raise UserError(f"{path}: there already, and no {kind}; name another file")


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Put into one line why a file cannot be written.

    Raises:
        UnwritableError: there is no room, in whatever words the writer says so, it is not allowed,
            or the folder has gone meanwhile.
    """
    try:
        yield
    except (OSError, RuntimeError) as error:
        if reason := _no_room(error, path.parent):
            raise UnwritableError(
                f"{path}: cannot be written: {reason}; make room there and start the same "
                "command again"
            ) from error
        if isinstance(error, FileNotFoundError | NotADirectoryError) and _is_of(error, path):
            raise UnwritableError(gone(path.parent)) from error
        if isinstance(error, OSError) and error.errno in _REFUSED and _is_of(error, path):
            raise UnwritableError(
                f"{path}: cannot be written: {error.strerror}; choose another folder"
            ) from error
        raise


def _is_of(error: OSError, path: Path) -> bool:
    """Whether an error is of a file or of what is written beside it, and of none that is read."""
    if error.filename is None:
        return True
    named = Path(os.fsdecode(error.filename)).absolute()
    return path.parent.absolute() in (named, named.parent)


def gone(folder: str | Path) -> str:
    """What to say of a folder that was taken away while it was written."""
    return (
        f"{folder}: gone, removed or moved away while it was being written; put it back, or start "
        "the same command again to begin anew"
    )


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it, where it is missing; but none of :data:`CLAIMED`.

    Raises:
        UnwritableError: a file is in the way, it cannot be made there, or it would be in a claimed
            folder that is gone.
    """
    place = folder.resolve()
    claimed = next((each for each in CLAIMED if place.is_relative_to(each)), None)
    try:
        if claimed is None:
            folder.mkdir(parents=True, exist_ok=True)
            return
        for inner in reversed([place, *place.parents]):
            if inner.is_relative_to(claimed) and inner != claimed:
                inner.mkdir(exist_ok=True)
        claimed.stat()
    except OSError as error:
        if claimed is not None and isinstance(error, FileNotFoundError):
            raise UnwritableError(gone(claimed)) from error
        place = next((place for place in (folder, *folder.parents) if place.exists()), folder)
        if not place.is_dir():
            raise UnwritableError(f"{place}: expected a folder; choose another name") from error
        raise UnwritableError(
            f"{folder}: cannot be made ({error.strerror}); choose another folder"
        ) from error


def _no_room(error: Exception, folder: Path) -> str:
    """Why nothing more can be written to ``folder``, where that is the cause of ``error``.

    Writers in C, such as those of torch and blosc2, only say that they failed.
    """
    if isinstance(error, OSError):
        return str(error.strerror) if error.errno in _FULL else ""
    try:
        with tempfile.TemporaryFile(dir=folder) as stream:
            stream.write(bytes(CHUNK))
    except OSError as full:
        return str(full.strerror) if full.errno in _FULL else ""
    return ""


def remove_stale(*folders: Path) -> None:
    """Remove the temporary files and folders of this project whose process is gone.

    Those of another process that lives are left. Call it where this process is writing nothing
    yet: a file with its own number is of an earlier process that had the same.
    """
    for path in (path for folder in folders for path in folder.glob(".*.tmp")):
        named = _TEMPORARY.fullmatch(path.name)
        if named and not _is_another(int(named[1])):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                with suppress(OSError):  # where nothing may be written, which a write will tell
                    path.unlink(missing_ok=True)


def _is_another(process: int) -> bool:
    """Whether a process of that number lives and is not this one."""
    if process == os.getpid():
        return False
    if os.name == "nt":  # where asking would end it
        return True
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # it belongs to somebody else
        return True
    return True


@contextmanager
def collector_paused() -> Iterator[None]:
    """Let no garbage be looked for meanwhile.

    Reading a list of 100,000 scans makes millions of objects that all stay; looking through them
    again and again would take most of the time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def write_json(path: Path, content: Any) -> None:
    """Write ``content`` as indented JSON, atomically."""
    with collector_paused():
        text = json.dumps(content, indent=2) + "\n"
    write_text(path, text)


def write_text(path: Path, text: str) -> None:
    """Write text as UTF-8, atomically."""
    write_atomically(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def parse_json(content: str | bytes) -> Any:
    """What JSON says.

    Raises:
        ValueError: it is none, or is nested deeper than anything that is meant to be read.
    """
    try:
        return json.loads(content)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def read_object(path: Path, mend: str, where: object = None) -> dict[str, Any]:
    """The JSON object that a file holds.

    Args:
        path: the file.
        mend: what to do where it holds none, for the message.
        where: what the message calls the file; by default its path.

    Raises:
        UserError: it holds no JSON, or no object, or is no file, such as a pipe, which would be
            waited for.
    """
    if path.exists() and not path.is_file():
        raise UserError(f"{where or path}: no file; {mend}")
    try:
        with collector_paused():
            content = parse_json(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UserError(f"{where or path}: no valid JSON ({error}); {mend}") from error
    if not isinstance(content, dict):
        kind = type(content).__name__
        raise UserError(f"{where or path}: expected a JSON object, got {kind}; {mend}")
    return content


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes as a hex string."""
    with path.open("rb") as stream:
        return sha256_of_stream(stream)


def sha256_of_stream(stream: IO[bytes]) -> str:
    """Return the SHA-256 of what is left of a stream as a hex string."""
    digest = hashlib.sha256()
    while chunk := stream.read(CHUNK):
        digest.update(chunk)
    return digest.hexdigest()
