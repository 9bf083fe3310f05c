"""Fetching one file: checked against its checksum, and continued where it broke off."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException, HTTPMessage, HTTPResponse
from pathlib import Path
from typing import IO, Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from ..bars import progress_bar
from ..errors import UserError
from ..files import CHUNK

TIMEOUT_S = 60.0
_ATTEMPTS = 5
_PARTIAL_CONTENT, _RANGE_NOT_SATISFIABLE = 206, 416


class _Redirects(HTTPRedirectHandler):
    """Follows where an address sends on to, but to nothing less safe than itself."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        allowed = ("https",) if req.type == "https" else ("http", "https")
        if urlsplit(newurl).scheme not in allowed:
            fp.close()
            raise UserError(
                f"{req.full_url}: sends on to {newurl}, which is not {' or '.join(allowed)}; "
                "do not use it"
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)


_OPENER = build_opener(_Redirects)


def open_url(url: str | Request) -> Any:
    """The response to a request, from where it is sent on to, too; one to close.

    Raises:
        UserError: it is sent on to what is less safe: from https to http, or to a local file.
        OSError: not to be had.
    """
    return _OPENER.open(url, timeout=TIMEOUT_S)


def fetch(url: str, path: Path, checksum: str) -> Path:
    """Fetch one file, going on with what an earlier call left in ``<path>.part``.

    Args:
        url: http or https.
        path: the file to write; one that is there is only checked.
        checksum: ``algorithm:hex``, such as ``md5:900150983cd24fb0d6963f7d28e17f72``.

    Returns:
        ``path``.

    Raises:
        UserError: not reachable, no room on the disk, or a wrong checksum (the file is removed).
    """
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.part")
        for _ in range(_ATTEMPTS):
            with network_errors(url, path):
                if _go_on(url, part):
                    break
        else:
            raise UserError(
                f"{url}: the connection broke off {_ATTEMPTS} times; run the same command again, "
                f"it goes on from {part.stat().st_size / 1e6:.0f} MB"
            )
        part.replace(path)
    _verify(path, checksum, url)
    return path


def _go_on(url: str, part: Path) -> bool:
    """Append what is missing to ``part``; whether all of it has come."""
    start = part.stat().st_size if part.is_file() else 0
    wanted = Request(url, headers={"Range": f"bytes={start}-"})
    if wanted.type not in ("http", "https"):  # a list of files from elsewhere may name local ones
        raise OSError(f"{wanted.type} is neither http nor https")
    try:
        response = open_url(wanted)
    except HTTPError as error:
        if start and error.code == _RANGE_NOT_SATISFIABLE:
            return True
        raise
    with response:
        if response.status != _PARTIAL_CONTENT:
            start = 0  # a server that cannot continue sends all of it
        if response.length is None:
            raise OSError("the server does not tell the size")
        end = start + response.length
        check_room(part.parent, end - start)
        bar = progress_bar(
            total=end, initial=start, desc=part.stem, unit="B", unit_scale=True, unit_divisor=1000
        )
        with part.open("ab" if start else "wb") as stream, bar:
            for block in _blocks(response):
                stream.write(block)
                bar.update(len(block))
    return part.stat().st_size == end


def _blocks(response: HTTPResponse) -> Iterator[bytes]:
    """What comes before the end or before the connection breaks."""
    try:
        while block := response.read(CHUNK):
            yield block
    except (HTTPException, ConnectionError, TimeoutError):
        return


@contextmanager
def network_errors(url: str, path: Path | None) -> Iterator[None]:
    """Turn the network's errors into one line; ``path`` is where the file could be put by hand.

    Raises:
        UserError: not reachable, refused or broken off.
    """
    try:
        yield
    except (OSError, HTTPException) as error:
        by_hand = "" if path is None else f", or fetch it by hand and put it at {path}"
        reason = getattr(error, "reason", None) or error
        raise UserError(
            f"{url}: cannot be fetched ({reason}); check the network{by_hand}"
        ) from error


def check_room(folder: Path, size: int) -> None:
    """Make the folder and refuse if its disk has fewer than ``size`` bytes free.

    Raises:
        UserError: it has.
    """
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if free < size:
        raise UserError(
            f"{folder}: {free / 1e9:.1f} GB free, {size / 1e9:.1f} GB needed; choose a --source "
            "on a larger disk"
        )


def _verify(path: Path, checksum: str, url: str) -> None:
    algorithm, expected = checksum.split(":")
    with path.open("rb") as stream:
        found = hashlib.file_digest(stream, algorithm).hexdigest()
    if found != expected:
        path.unlink()
        raise UserError(
            f"{url}: {algorithm} {found} differs from the published {expected}, the file was "
            "removed; run the same command again"
        )
