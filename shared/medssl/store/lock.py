"""A folder has one writer, a run or a preparation, and its lock dies with the process."""

from __future__ import annotations

import logging
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from ..errors import UnwritableError, UserError
from ..files import CLAIMED, gone

_BEING_PREPARED = "is being prepared right now"
LOCK, PREPARING = ".lock", ".preparing"  # of a run, and of a preparation
SHARDS = ".shards"  # folder of the locks of a preparation's shards, and of what these have done
_BEYOND = 1 << 20  # Windows forbids others to read what is locked: the byte lies behind the text
_SAID = {LOCK: ("is being written", "--output_dir"), PREPARING: (_BEING_PREPARED, "--output")}
_SAID_OF_SHARD = (f"(this shard of it) {_BEING_PREPARED}", "--shard")
_held: dict[Path, IO[str]] = {}
logger = logging.getLogger(__name__)


def lock_folder(folder: str | Path, name: str = LOCK) -> None:
    """Claim a folder for this process until it ends or :func:`release_folder` is called.

    The lock is one on a byte of ``.lock`` that the system holds for the process: it is gone when
    the process is, however it ended, and loader workers do not inherit it. A process that holds
    it already keeps it.

    Args:
        folder: is made where it is missing.
        name: ``LOCK`` for a run, ``PREPARING`` for a preparation, else the lock of a shard.

    Raises:
        UserError: another process holds it, or the folder cannot be written.
    """
    path = Path(folder) / name
    if (held := _held.get(path.resolve())) is not None:
        if _is_at(held, path):
            return
        release_folder(folder, name)  # of a folder that was removed, whose name may come again
    doing, flag = _SAID.get(name, _SAID_OF_SHARD)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        stream = path.open("a+", encoding="utf-8")
    except OSError as error:
        raise UserError(
            f"{folder}: cannot be written ({error.strerror}); choose another {flag}"
        ) from error
    try:
        _lock(stream)
    except (BlockingIOError, PermissionError) as error:
        with stream:
            holder = _said_in(stream)
        raise UserError(
            f"{folder} {doing} by {holder}; wait until it has ended, stop it, or choose another "
            f"{flag}"
        ) from error
    except OSError as error:
        logger.warning("%s cannot be locked (%s); let no second run write to it", folder, error)
    if not _is_at(stream, path):  # its holder removed it in between
        stream.close()
        lock_folder(folder, name)
        return
    stream.truncate(0)
    stream.write(f"process {os.getpid()} on {platform.node()}\n")
    stream.flush()
    _held[path.resolve()] = stream
    CLAIMED.append(Path(folder).resolve())


def release_folder(folder: str | Path, name: str = LOCK) -> None:
    """Give up the lock of a folder, if this process holds it."""
    path = Path(folder) / name
    if stream := _held.pop(path.resolve(), None):
        CLAIMED.remove(Path(folder).resolve())
        if os.name != "nt" and _is_at(stream, path):  # there a file that is open cannot be removed
            path.unlink()
        stream.close()


def refuse_gone(folder: str | Path) -> None:
    """Refuse to write where a folder that this process has claimed is there no more, or another.

    Nothing is said of a folder that it never claimed.

    Args:
        folder: of a run, or a prepared one.

    Raises:
        UnwritableError: it was removed meanwhile, moved away, or made anew by somebody else.
    """
    place = Path(folder).resolve()
    held = [(path, stream) for path, stream in _held.items() if path.is_relative_to(place)]
    if not all(_is_at(stream, path) for path, stream in held):
        raise UnwritableError(gone(folder))


@contextmanager
def preparing(folder: Path, shard: tuple[int, int] | None = None) -> Iterator[bool]:
    """Hold a folder for a preparation; one inside another holds it until the outer one ends.

    Args:
        folder: to write.
        shard: its number and how many there are, where others may write their own meanwhile.

    Yields:
        Whether it is the outer one.

    Raises:
        UserError: see :func:`lock_folder`; or what is held is in the way of the other kind, whole
            or shards of another number.
    """
    beside = "" if shard is None else f"-of-{shard[1]}.lock"
    name = PREPARING if shard is None else f"{SHARDS}/{shard[0]}{beside}"
    if (folder / name).resolve() in _held:
        yield False
        return
    new = not folder.exists()
    lock_folder(folder, name)
    try:
        # Looked for by each after it holds its own lock: of two that start at once, one at least
        # sees the other.
        if doing := _prepared_by_another(folder, beside):
            raise UserError(
                f"{folder} {doing}; wait until it has ended, or choose another --output"
            )
        yield True
    finally:
        release_folder(folder, name)
        if new and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def being_prepared(folder: Path) -> str:
    """The words that another process is preparing a folder right now, or nothing."""
    return _prepared_by_another(folder)


def _prepared_by_another(folder: Path, but: str = "") -> str:
    """The words on it; locks whose names end in ``but`` are passed over."""
    locks = [folder / PREPARING, *sorted((folder / SHARDS).glob("*.lock"))]
    said = (_held_by_another(path) for path in locks if not (but and path.name.endswith(but)))
    return next(filter(None, said), "")


def _held_by_another(path: Path) -> str:
    if path.resolve() in _held:
        return ""  # to open and close it would give up this process's own lock
    try:
        with path.open(encoding="utf-8") as stream:
            try:
                _lock(stream, True)
            except (BlockingIOError, PermissionError):
                return f"{_BEING_PREPARED} by {_said_in(stream)}"
    except OSError:  # not there, of somebody else, or on a file system without locks
        return ""
    return ""


def _said_in(stream: IO[str]) -> str:
    stream.seek(0)
    return stream.read(200).strip() or "another process"


def _is_at(stream: IO[str], path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(stream.fileno()), path.stat())
    except (FileNotFoundError, NotADirectoryError):
        return False


if sys.platform == "win32":
    import msvcrt

    def _lock(stream: IO[str], _shared: bool = False) -> None:
        stream.seek(_BEYOND)
        msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(stream: IO[str], shared: bool = False) -> None:
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        # Not flock: loader workers would share it, and outlive a killed run by seconds.
        fcntl.lockf(stream, kind | fcntl.LOCK_NB, 1, _BEYOND)
