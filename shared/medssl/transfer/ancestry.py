"""Where weights come from, generation by generation, as ``provenance.json`` has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..engines.provenance import (
    CHECKPOINT,
    PROVENANCE,
    data_of,
    listed_weights,
    read_provenance,
)
from ..errors import UserError
from ..files import sha256_of

_KEPT = ("id", "patient", "patient_from", "scan_sha256", "published")

Scans = Sequence[Mapping[str, str]]


@dataclass(frozen=True)
class Generation:
    """Weights, and the scans that they were trained on.

    Attributes:
        name: the bundle that made them, else the name of their file or folder.
        sha256: of the weight file; empty where there is none.
        data: scans by what they were used for (training, validation, statistics), see
            :func:`~medssl.store.identify`; None where the origin is unknown.
        licence: of the scans.
    """

    name: str
    sha256: str
    data: Mapping[str, Scans] | None
    licence: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Plain containers with what an audit needs, as provenance records keep ancestors."""
        kept = self.data and {
            role: [{key: scan[key] for key in _KEPT if key in scan} for scan in scans]
            for role, scans in self.data.items()
        }
        licence = list(self.licence)
        return {"name": self.name, "sha256": self.sha256, "data": kept, "licence": licence}


def ancestry(source: str | Path, file: str = "model.pt") -> tuple[Generation, ...]:
    """The generations of weights: themselves first, then what each of them started from.

    Weights that the ``provenance.json`` beside them does not list, by their SHA-256, are of unknown
    origin.

    Args:
        source: bundle folder, weight file or released zip.
        file: weight file of a folder or zip.

    Raises:
        UserError: a ``provenance.json`` that medssl did not write.
    """
    path, provenance = Path(source), read_provenance(source)
    listed = listed_weights(provenance or {})
    sha256 = _sha256(path, file, listed)
    listed_not = sha256 and listed and sha256 not in listed.values() and path.name != CHECKPOINT
    if provenance is None or listed_not:
        return (Generation(_name(path), sha256, None),)
    try:
        first = Generation(
            str(provenance.get("bundle") or _name(path)),
            sha256,
            _data(provenance, sha256),
            tuple(provenance.get("run", {}).get("licence", ())),
        )
        return (first, *_ancestors(provenance))
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise UserError(
            f"{source}: its {PROVENANCE} is not as medssl writes it ({error!r}); train or download "
            "again"
        ) from error


def _data(provenance: Mapping[str, Any], sha256: str) -> dict[str, Scans] | None:
    data = data_of(provenance, sha256)
    return None if data is None else {str(role): list(scans) for role, scans in data.items()}


def _ancestors(provenance: Mapping[str, Any]) -> list[Generation]:
    pretrained = provenance.get("config", {}).get("pretrained")
    if "ancestors" not in provenance and pretrained:  # older than the record of ancestors
        return [Generation(Path(str(pretrained)).name, "", None)]
    return [
        Generation(
            str(entry["name"]),
            str(entry["sha256"]),
            None if entry["data"] is None else dict(entry["data"]),
            tuple(entry["licence"]),
        )
        for entry in provenance.get("ancestors", [])
    ]


def _folders(path: Path) -> tuple[Path, ...]:
    return (path / "models", path) if path.is_dir() else (path.parent,)


def _name(path: Path) -> str:
    """A name without the places of this machine."""
    whole = path.resolve()
    return whole.parent.name if path.is_dir() and whole.name == "models" else whole.name


def _sha256(path: Path, file: str, listed: Mapping[str, str]) -> str:
    if path.suffix == ".zip":
        return str(listed.get(file, ""))
    paths = [path] if path.is_file() else [folder / file for folder in _folders(path)]
    return next((sha256_of(one) for one in paths if one.is_file()), "")
