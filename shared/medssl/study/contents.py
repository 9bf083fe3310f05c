"""What a study's data and released weights hold, wherever they lie."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..analysis.bundles import read_json
from ..engines.identity import digest
from ..errors import UserError
from ..files import sha256_of
from ..store import identify
from ..store.contract import SCAN, ScanContract
from ..store.listing import read_datalist
from ..store.manifest import DATALIST
from ..store.splits import SPLITS
from .runs import Run
from .settings import Settings


def place_data(settings: Settings, folder: str | Path | None) -> Settings:
    """The settings with absolute places, as runs are done in another folder than the caller's.

    Args:
        settings: of the study.
        folder: beneath which relative places of data are; by default the current one. Those of
            released weights always are beneath the current one.
    """
    root = Path.cwd() if folder is None else Path(folder).absolute()
    data = {name: str(root / place) for name, place in settings["data"].items()}
    variants = {name: _placed(variant) for name, variant in settings.get("variants", {}).items()}
    return {**settings, "data": data, "variants": variants}


def _placed(variant: Mapping[str, Any]) -> dict[str, Any]:
    weights = {"weights": str(Path(variant["weights"]).absolute())} if "weights" in variant else {}
    return {**variant, **weights}


def read_digests(settings: Settings) -> dict[str, str | None]:
    """Digests of all prepared folders and released weights of a study, None where not there.

    Raises:
        UserError: a folder is being prepared, or its data list is damaged.
    """
    found = {name: data_digest(Path(place)) for name, place in settings["data"].items()}
    for name, variant in settings.get("variants", {}).items():
        if "weights" in variant:
            found[name] = _file_digest(variant["weights"])
    return found


def _file_digest(place: str) -> str | None:
    return sha256_of(Path(place)) if Path(place).is_file() else None


def check_contents(run: Run) -> None:
    """Refuse a run that would be of other data, weights or overlays than its plan says.

    Of data, lists and tables are read, as the plan does, and no voxels: some 5 ms for 200 scans.

    Raises:
        UserError: naming the first that is gone or has changed, or a data list is damaged.
    """
    overlays, (data, weights) = run.files[1:], (run.data, run.weights)
    there = {
        **{"data": (data, data_digest(Path(data)))},
        **{"weights": (weights, None if weights is None else _file_digest(weights))},
        **{"overlays": (", ".join(overlays), [read_json(Path(path)) for path in overlays])},
    }
    for name, (place, content) in there.items():
        if content != run.content[name]:
            raise UserError(
                f"{place}: not the {name} that {run.key} was planned with; put these back, or plan "
                "anew with `medssl study plan`"
            )


def voxel_size(folder: Path) -> list[float] | str:
    """Of a prepared folder, in mm along x, y and z, or ``native``.

    Raises:
        UserError: the folder is not prepared.
    """
    path = folder / DATALIST
    spacing = ScanContract.from_dict(read_datalist(path).get(SCAN), path).spacing
    return "native" if spacing is None else list(spacing)


def data_digest(folder: Path) -> str | None:
    """SHA-256 of what a prepared folder holds: voxels, labels, splits and tables; not of paths."""
    if not (folder / DATALIST).is_file():
        return None
    content = []
    for path in sorted(folder.glob("datalist*.json")):
        listing = read_datalist(path)
        splits = {split: identify(listing.get(split, [])) for split in SPLITS}
        content.append([path.name, listing.get(SCAN), splits])
    tables = {path.name: sha256_of(path) for path in sorted(folder.glob("*.csv"))}
    return digest([content, tables])
