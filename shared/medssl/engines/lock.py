"""A folder has one writer, and its lock dies with the process."""

from __future__ import annotations

import logging
import os
import platform
import sys
from pathlib import Path
from typing import IO

from ..errors import UserError

LOCK = ".lock"
_BEYOND = 1 << 20  # Windows forbids others to read what is locked: the byte lies behind the text
_held: dict[Path, IO[str]] = {}
logger = logging.getLogger(__name__)


def lock_folder(folder: str | Path) -> None:
    """Claim a folder for this process until it ends or :func:`release_folder` is called.

    The lock is one on a byte of ``.lock`` that the system holds for the process: it is gone when
    the process is, however it ended, and loader workers do not inherit it. A process that holds
    it already keeps it.

    Raises:
        UserError: another process holds it, or the folder cannot be written.
    """
    path = Path(folder) / LOCK
    if path.resolve() in _held:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        stream = path.open("a+", encoding="utf-8")
    except OSError as error:
        raise UserError(
            f"{folder}: cannot be written ({error.strerror}); choose another --output_dir"
        ) from error
    try:
        _lock(stream)
    except (BlockingIOError, PermissionError) as error:
        stream.seek(0)
        holder = stream.read(200).strip() or "another process"
        stream.close()
        raise UserError(
            f"{folder} is being written by {holder}; wait until it has ended, stop it, or choose "
            "another --output_dir"
        ) from error
    except OSError as error:
        logger.warning("%s cannot be locked (%s); let no second run write to it", folder, error)
    stream.truncate(0)
    stream.write(f"process {os.getpid()} on {platform.node()}\n")
    stream.flush()
    _held[path.resolve()] = stream


def release_folder(folder: str | Path) -> None:
    """Give up the lock of a folder, if this process holds it."""
    if stream := _held.pop((Path(folder) / LOCK).resolve(), None):
        stream.close()


if sys.platform == "win32":
    import msvcrt

    def _lock(stream: IO[str]) -> None:
        stream.seek(_BEYOND)
        msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(stream: IO[str]) -> None:
        # Not flock: loader workers would share it, and outlive a killed run by seconds.
        fcntl.lockf(stream, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _BEYOND)
