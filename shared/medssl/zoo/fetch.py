"""``medssl fetch``: download a released bundle, check it, unpack it."""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from ..archives import MOST_BYTES
from ..bars import progress_bar
from ..errors import UserError
from ..files import CHUNK, make_folder, read_object, sha256_of, writing
from ..forms import check_form
from ..sources.http_file import open_url
from .archive import unpack
from .index import MODEL_INFO

_GITHUB = re.compile(r"github:(?P<repo>[\w.-]+/[\w.-]+)@(?P<tag>[\w./-]+)")
_URL = re.compile(r"(https?|file)://")
_VERSION = re.compile(r"\d{1,9}\.\d{1,9}\.\d{1,9}")
_MOST_INFO = 16 << 20  # an index of 50,000 releases


def resolve(source: str) -> str:
    """The base URL of a source.

    Args:
        source: ``github:owner/repo@tag`` (the files of a release), a URL, or a folder.

    Raises:
        UserError: none of these, or a folder that no one has written the index of.
    """
    if match := _GITHUB.fullmatch(source):
        return f"https://github.com/{match['repo']}/releases/download/{match['tag']}/"
    if _URL.match(source):
        if source.startswith("http:"):
            print(
                f"{source}: not encrypted, so whoever is in between may change the bundle and its "
                "SHA-256; take https where there is",
                file=sys.stderr,
            )
        return source.rstrip("/") + "/"
    if Path(source).is_dir():
        if not Path(source, MODEL_INFO).is_file():
            raise UserError(f"{source}: no {MODEL_INFO} in it; write it: `medssl index {source}`")
        return Path(source).resolve().as_uri() + "/"
    raise UserError(
        f"source: {source!r}, expected a URL, a folder, or github:owner/repo@tag of a release"
    )


def fetch(name: str, source: str, folder: str | Path = "bundles", version: str = "") -> Path:
    """Fetch a bundle into ``folder`` and return its path there.

    The SHA-256 of the archive must be the one that the source's ``model_info.json`` names.

    Args:
        name: of the bundle, for example ``pretrain_simclr``.
        source: see :func:`resolve`.
        folder: where to put the bundle.
        version: default the latest.

    Raises:
        UserError: not to be had, larger than a bundle can be, another checksum, an unsafe archive,
            or the bundle is there.
    """
    base, target = resolve(source), Path(folder)
    with tempfile.TemporaryDirectory() as scratch:
        entry = choose(_read_info(base, Path(scratch)), name, version, base)
        file = entry["source"].rsplit("/", 1)[-1]
        path = Path(scratch) / file
        _download(urljoin(base, file), path, MOST_BYTES)
        found = sha256_of(path)
        if found != entry["sha256"]:
            raise UserError(
                f"{file}: SHA-256 {found[:16]}..., {MODEL_INFO} says {entry['sha256'][:16]}...; "
                "damaged on the way or tampered with, do not use it"
            )
        make_folder(target)
        return unpack(path, target)


def choose(info: dict[str, Any], name: str, version: str, base: str) -> dict[str, str]:
    """The entry of a bundle: of the version asked for, or of the latest.

    Raises:
        UserError: no such bundle or version, or an entry without a SHA-256.
    """
    if version and not _VERSION.fullmatch(version):
        raise UserError(f"version: {version!r}, expected three numbers, such as 0.1.0")
    versions = {
        tuple(map(int, number.split("."))): entry
        for key, entry in info.items()
        for title, _, number in [key.rpartition("_v")]
        if title == name and _VERSION.fullmatch(number)
    }
    if not versions:
        known = sorted({key.rpartition("_v")[0] for key in info})
        raise UserError(f"{base}: no bundle {name!r}; it has {', '.join(known) or 'none'}")
    wanted = tuple(map(int, version.split("."))) if version else max(versions)
    if wanted not in versions:
        listed = ", ".join(".".join(map(str, each)) for each in sorted(versions))
        raise UserError(f"{base}: no version {version} of {name}; it has {listed}")
    entry: dict[str, str] = versions[wanted]
    for key, called in (("sha256", "SHA-256"), ("source", "source")):
        if not entry.get(key):
            raise UserError(
                f"{base}: no {called} of {name} in {MODEL_INFO}; write it: `medssl index`"
            )
    return entry


def _read_info(base: str, scratch: Path) -> dict[str, Any]:
    path = scratch / MODEL_INFO
    _download(urljoin(base, MODEL_INFO), path, _MOST_INFO)
    mend = "if the address is right, its owner has to write it anew: `medssl index`"
    where = f"{base}{MODEL_INFO}"
    info = read_object(path, mend, where)
    check_form(info, {str: {str: str}}, where, mend)
    return info


def _download(url: str, path: Path, most: int) -> None:
    """Fetch no more than ``most`` bytes, whatever the server says or sends.

    MONAI's own download takes all that comes.
    """
    try:
        with open_url(url) as response:
            told = response.headers.get("Content-Length") or ""
            size = int(told) if told.isdecimal() else 0  # unknown: nonsense is no length
            _check_size(url, size, most)
            bar = progress_bar(total=size or None, desc=path.name, unit="B", unit_scale=True)
            with writing(path), path.open("wb") as stream, bar:
                while block := response.read(CHUNK):
                    _check_size(url, stream.tell() + len(block), most)
                    stream.write(block)
                    bar.update(len(block))
                if stream.tell() < size:
                    raise OSError(f"broke off after {stream.tell()} of {size} bytes")
    except UserError:
        raise
    except Exception as error:  # urllib raises many kinds
        reason = str(getattr(error, "reason", error)).splitlines()
        raise UserError(f"{url}: cannot be fetched ({(reason or ['no reason'])[0]})") from error


def _check_size(url: str, size: int, most: int) -> None:
    if size > most:
        raise UserError(
            f"{url}: more than {most >> 20} MiB, which nothing of a released bundle has; do not "
            "use it"
        )
