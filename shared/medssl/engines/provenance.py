"""Reading ``provenance.json``, and whether weights are those that it describes."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..archives import open_release, read_text
from ..errors import UserError
from ..files import parse_json, sha256_of
from ..forms import NUMBER, TEXT_OR_NOTHING, check_form, code_in
from ..store.contract import SCAN
from ..weights import weight_file, weights_sha256
from .known_keys import NETWORK
from .usable import unusable

PROVENANCE = "provenance.json"
CHECKPOINT = "checkpoint.pt"  # of the same run, written too often to be listed
PUT_BACK = "put back what was written, or let the run go on where it is not finished"
# Tables of file names and hashes: what the run wrote, and files made of its weights.
_SHA256, DERIVED = "sha256", "derived"
# By name of such a file: the scans that went into it beside those of the run, by their role.
DERIVED_DATA = "derived_data"
STATISTICS = "batch-norm statistics"
_SCAN = {
    **dict.fromkeys(("id", "patient", "patient_from"), str),
    **dict.fromkeys(("scan_sha256", "published"), TEXT_OR_NOTHING),
}
_SCANS: dict[type, Any] = {str: [_SCAN]}  # by what they were used for
_FORM = {
    **{_SHA256: {str: str}, DERIVED: {str: str}, DERIVED_DATA: {str: _SCANS}},
    **{SCAN: {}, NETWORK: {}, "config": {}, "crops": {}, "metrics": {str: {str: NUMBER}}},
    **dict.fromkeys(("epoch", "iteration"), (int, type(None))),
    "bundle": (str, type(None)),
    "run": {"data": _SCANS, "versions": {str: str}, "licence": [str]},
    "ancestors": [{"name": str, "sha256": str, "data": (dict, type(None)), "licence": [str]}],
}
_OF_ANCESTOR = {"ancestors.data": _SCANS}  # where it is known
_TAKEN_OVER = (SCAN, NETWORK, "crops")  # into configurations
MEND = "train again, or download it again"


def read_record(path: Path) -> dict[str, Any]:
    """Content of a ``provenance.json``.

    Raises:
        UserError: it is no JSON object, or one of its tables is not what medssl writes.
    """
    return _parse(path.read_bytes(), str(path))


def _parse(content: bytes, name: str) -> dict[str, Any]:
    try:
        record = parse_json(content)
    except ValueError as error:
        raise UserError(f"{name}: damaged ({error}); {MEND}") from error
    check_form(record, _FORM, name, MEND)
    for ancestor in record.get("ancestors", []):
        check_form({"ancestors.data": ancestor.get("data") or {}}, _OF_ANCESTOR, name, MEND)
    for table in _TAKEN_OVER:
        if place := code_in(record.get(table), table):
            raise UserError(f"{name}: damaged ({place} is code, expected a value); {MEND}")
    values = {**record.get(SCAN, {}), **record.get(NETWORK, {})}
    if wrong := unusable({key: str(value) for key, value in values.items()}):
        raise UserError(f"{name}: damaged ({'; '.join(wrong)}); {MEND}")
    if odd := [epoch for epoch in record.get("metrics", {}) if not epoch.isdecimal()]:
        raise UserError(f"{name}: damaged (metrics of epoch {odd[0][:20]!r}); {MEND}")
    return dict(record)


def read_provenance(source: str | Path, file: str = "model.pt") -> dict[str, Any] | None:
    """Where weights come from, as :class:`~medssl.engines.SaveModel` wrote it.

    A ``provenance.json`` lists its files. Another file beside it, unless it is a copy of a listed
    one or the run's checkpoint, has another origin.

    Args:
        source: bundle folder, weight file or released zip.
        file: weight file of a folder or zip.

    Returns:
        The content of ``provenance.json``; None where there is none of these weights.

    Raises:
        UserError: the file is there and is damaged.
    """
    path = Path(source)
    if path.suffix == ".zip" and zipfile.is_zipfile(path):
        with open_release(path) as (archive, top):
            name = f"{top}/models/{PROVENANCE}"
            if name not in archive.namelist():
                return None
            return _parse(read_text(archive, name), f"{path}/{name}")
    weights = weight_file(path, file)
    record = _beside(path, weights)
    if not record.is_file():
        return None
    provenance = read_record(record)
    return provenance if _describes(provenance, weights) else None


def _beside(path: Path, weights: Path) -> Path:
    """The ``provenance.json`` of a folder's weights, or of its models that are not there."""
    inner = path / "models" / PROVENANCE
    return weights.with_name(PROVENANCE) if weights.is_file() or not inner.is_file() else inner


def listed_weights(provenance: Mapping[str, Any]) -> dict[str, str]:
    """SHA-256 by name of all weight files that a ``provenance.json`` describes."""
    return {**provenance.get(_SHA256, {}), **provenance.get(DERIVED, {})}


def data_of(provenance: Mapping[str, Any], sha256: str) -> dict[str, Any] | None:
    """The scans behind weights, by what they were used for: those of the run, and of the file.

    Args:
        provenance: content of ``provenance.json``.
        sha256: of the weights.

    Returns:
        See :func:`~medssl.store.identify`; None where nobody knows.
    """
    untrained = provenance.get("trained") is False  # drawn from a seed, by `medssl pack`
    data = provenance.get("run", {}).get("data", {} if untrained else None)
    if data is None:
        return None
    files = [name for name, known in provenance.get(DERIVED, {}).items() if known == sha256]
    own = (provenance.get(DERIVED_DATA, {}).get(name, {}) for name in files)
    return {**data, **{role: scans for roles in own for role, scans in roles.items() if scans}}


def validated(provenance: Mapping[str, Any]) -> tuple[int, dict[str, float]]:
    """The last validation that weights had, that of their own epoch where there was one.

    Returns:
        Its epoch and its figures; 0 and none where nothing was noted.
    """
    metrics = provenance.get("metrics", {})
    last = max(metrics, key=int, default=None)
    return (0, {}) if last is None else (int(last), dict(metrics[last]))


def _describes(provenance: Mapping[str, Any], weights: Path) -> bool:
    listed = listed_weights(provenance)
    if not listed or weights.name in (CHECKPOINT, *listed) or not weights.is_file():
        return True
    return sha256_of(weights) in listed.values()


def check_sha256(source: str | Path, file: str = "model.pt") -> None:
    """Refuse weights that are not those which lie described beside them.

    Their SHA-256 is known from ``provenance.json``, and from ``<file>.sha256`` as ``sha256sum``
    writes it: safetensors files, for one, carry no checksum of their own.

    Args:
        source: bundle folder, weight file or released zip.
        file: weight file of a folder or zip.

    Raises:
        UserError: they are gone, their SHA-256 is another, or a ``provenance.json`` that is
            damaged or of others.
    """
    path = weight_file(source, file)
    provenance = read_provenance(source, file)
    if provenance is None and path.with_name(PROVENANCE).is_file() and path.suffix != ".zip":
        raise UserError(
            f"{path}: {PROVENANCE} beside it describes other weights; move it to a folder of its "
            "own, with the provenance of its own training if there is one"
        )
    if provenance is not None and not listed_weights(provenance):
        raise UserError(
            f"{path}: {PROVENANCE} beside it is damaged ({_SHA256} names no weights); {MEND}"
        )
    name = file if path.suffix == ".zip" else path.name
    expected = listed_weights(provenance or {}).get(name)
    if expected and not path.is_file():
        raise UserError(f"{path}: gone, though {PROVENANCE} beside it describes it; {PUT_BACK}")
    if expected and expected != weights_sha256(path, file):
        raise UserError(
            f"{path}: not the weights that {PROVENANCE} beside it describes; {PUT_BACK}, or move "
            "them to a folder of their own if they come from elsewhere"
        )
    noted = path.with_name(f"{path.name}.sha256")
    if path.is_file() and noted.is_file():
        first = noted.read_text(encoding="utf-8", errors="replace").split()[:1]
        if first != [sha256_of(path)]:
            raise UserError(
                f"{path}: its SHA-256 is not the one in {noted.name}; download it again"
            )
