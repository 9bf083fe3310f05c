"""Released bundles: read, unpacked, fetched."""

from __future__ import annotations

from pathlib import Path

import torch

from medssl.networks import UNet3D
from medssl.transfer import audit, network_of, transfer
from medssl.zoo import fetch, provenance_table, read_release, unpack

from .content import digest
from .examples import BUNDLE, released
from .kind import IN, OUT, Kind
from .of_bytes import damage_bytes
from .of_trees import damage_json
from .of_zips import damage_zip

_LIBRARY = "a zip given as it is, without the index that names its SHA-256, is whatever it holds"


def _use_zip(case: Path) -> str:
    """What ``card``, ``transfer`` and ``audit`` read of a zip, then what is in it."""
    path = next((case / IN / "dist").glob("*.zip"))
    release = read_release(path)
    said = provenance_table(release.metadata, release.provenance)
    torch.manual_seed(0)
    network = UNet3D(base_channels=network_of(path).get("base_channels", 2))
    report = transfer(path, network).as_dict()
    seen = str(audit(path, case / IN / "data", "training"))
    place = unpack(path, case / OUT)
    files = {str(file.relative_to(place)): file.read_bytes() for file in _files(place)}
    return digest(said, report["parts"], network.state_dict(), seen.replace(str(case), ""), files)


def _files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.is_file()]


def _fetch(case: Path) -> str:
    place = fetch(BUNDLE, str(case / IN / "dist"), case / OUT)
    return digest({str(file.relative_to(place)): file.read_bytes() for file in _files(place)})


KINDS = (
    Kind("zip", released, _use_zip, {"dist/*.zip": damage_zip}, 220, {"entry: ": _LIBRARY}),
    Kind(
        "fetching",
        released,
        _fetch,
        {"dist/*.zip": damage_bytes, "dist/model_info.json": damage_json},
        100,
        named=False,
    ),
)
