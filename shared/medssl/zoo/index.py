"""``medssl index``: what a folder of released bundles holds, for programs and for people."""

from __future__ import annotations

import hashlib
import html
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..archives import open_release, read_text
from ..engines.provenance import validated
from ..errors import UserError
from ..files import CHUNK, parse_json, sha256_of, write_json, write_text
from ..pages import picture_url
from .card import data_licence
from .gallery import gallery_page

PICTURES = ("pretext.png", "task.png")  # what a network sees
MODEL_INFO, GALLERY = "model_info.json", "index.html"
RELEASE = re.compile(r"(?P<name>[a-z][a-z0-9_]*?)_v(?P<version>\d+\.\d+\.\d+)\.zip")


@dataclass(frozen=True)
class Release:
    """One released bundle: its file, what its metadata and provenance say, and its picture."""

    path: Path
    name: str
    version: str
    metadata: dict[str, Any]
    provenance: dict[str, Any]
    picture: str
    sha256: str


def read_release(path: Path) -> Release:
    """Read a zip that ``medssl pack`` wrote.

    Raises:
        UserError: another name than ``<name>_v<version>.zip``, unsafe, or without its metadata.
    """
    match = RELEASE.fullmatch(path.name)
    if match is None:
        raise UserError(f"{path.name}: expected a name like pretrain_simclr_v0.1.0.zip")
    try:
        with open_release(path) as (archive, top):
            names = set(archive.namelist())
            metadata = parse_json(read_text(archive, f"{top}/configs/metadata.json"))
            provenance = parse_json(read_text(archive, f"{top}/models/provenance.json"))
            pictures = [f"{top}/docs/{name}" for name in PICTURES]
            picture = next((name for name in pictures if name in names), None)
            image = read_text(archive, picture) if picture else b""
    except (KeyError, ValueError) as error:
        raise UserError(f"{path}: no released bundle ({error}); pack it again") from error
    if not isinstance(metadata, dict) or not isinstance(provenance, dict):
        raise UserError(f"{path}: metadata.json or provenance.json holds no object; pack it again")
    if (top, metadata.get("version")) != (match["name"], match["version"]):
        raise UserError(
            f"{path.name}: holds {top} {metadata.get('version')}; its name must say the same"
        )
    encoded = picture_url(image) if image else ""
    return Release(path, top, match["version"], metadata, provenance, encoded, sha256_of(path))


def write_index(folder: str | Path, base_url: str = "") -> Path:
    """Write ``model_info.json`` in the model zoo's form, and a gallery page ``index.html``.

    Args:
        folder: holds the zips.
        base_url: where the zips will be fetched from; the folder itself by default.

    Returns:
        The path of ``model_info.json``.

    Raises:
        UserError: no released bundle in the folder, or a damaged one.
    """
    folder = Path(folder)
    paths = sorted(folder.glob("*_v*.zip"))
    if not paths:
        raise UserError(f"{folder}: no released bundle in it; write some with `medssl pack`")
    releases = [read_release(path) for path in paths]
    base = base_url.rstrip("/") or folder.resolve().as_uri()
    info = {
        f"{release.name}_v{release.version}": {
            "checksum": _sha1_of(release.path),
            "source": f"{base}/{release.path.name}",
            "sha256": release.sha256,
        }
        for release in releases
    }
    write_json(folder / MODEL_INFO, info)
    page = gallery_page([_card(release, base) for release in releases])
    write_text(folder / GALLERY, page)
    return folder / MODEL_INFO


def _sha1_of(path: Path) -> str:
    """The zoo's own checksum; integrity rests on the SHA-256 beside it."""
    digest = hashlib.sha1(usedforsecurity=False)
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _card(release: Release, base: str) -> dict[str, str]:
    metadata, provenance = release.metadata, release.provenance
    epoch, last = validated(provenance)
    figures = ", ".join(f"{name} {value:.3g}" for name, value in last.items())
    scans = sum(len(split) for split in provenance.get("run", {}).get("data", {}).values())
    trained = provenance.get("trained")
    origin = f"trained on {scans} scans, epoch {provenance.get('epoch', '?')}"
    card = {
        "name": release.name,
        "title": metadata.get("name", release.name),
        "version": release.version,
        "description": metadata.get("description", ""),
        "picture": release.picture,
        "metrics": f"{figures} (validation of epoch {epoch})" if last else "no figures",
        "size": f"{release.path.stat().st_size / 2**20:.1f} MiB",
        "origin": origin if trained else "untrained weights",
        "licence": str(provenance.get("licence", "not stated")),
        "data_licence": data_licence(provenance) if trained else "none",
        "sha256": release.sha256,
        "command": f"medssl fetch {release.name} --source {base}",
        "monai": f"python -m monai.bundle download --name {release.name} "
        f"--url {base}/{release.path.name} --bundle_dir bundles",
    }
    return {key: html.escape(value) for key, value in card.items()}
