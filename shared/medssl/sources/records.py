"""What is noted about a prepared case, and how an earlier preparation is recognised."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..files import CHUNK
from ..store.contract import HU, ScanContract
from ..store.volume_file import FORMAT
from ..store.voxels import spacing_of, voxels_sha256
from .pairing import Case
from .readers import Scan, Source
from .resampling import Volume
from .scan import check_files
from .scan_hash import scan_sha256
from .volume_facts import count_labels, find_objects, value_statistics

Record = dict[str, Any]


@dataclass(frozen=True)
class Settings:
    """What, besides the source files, determines a prepared volume."""

    spacing: tuple[float, float, float] | None = (1.0, 1.0, 1.0)
    hu_clip: tuple[float, float] | None = None
    intensity: str = HU
    channels: tuple[str, ...] = ("CT",)
    antialias: bool = True
    format: int = FORMAT
    of_mr: bool = field(default=False, repr=False)  # decides what is refused, not what is stored

    @property
    def contract(self) -> ScanContract:
        """What those who read the prepared volumes must know."""
        return ScanContract(
            self.spacing,
            intensity=self.intensity,
            channels=self.channels,
            clip=self.hu_clip,
            antialias=self.antialias,
        )

    def as_lists(self) -> dict[str, Any]:
        """The settings as JSON and the volume store give them back."""
        plain = asdict(self)
        del plain["of_mr"]
        return {k: list(v) if isinstance(v, tuple) else v for k, v in plain.items()}


def describe_image(case: Case, source_sha256: str, scan: Scan, image: Volume) -> Record:
    """Origin, geometry (voxels, mm) and statistics of the stored values of a prepared image.

    ``scan_sha256`` is the identity of the scan: its decoded voxels in RAS order on its own grid,
    the same whatever file format, file name and voxel size. ``voxels_sha256`` is the identity of
    what is stored, geometry included, and its checksum.
    """
    import nibabel

    scale = {} if scan.scale is None else {"scale": asdict(scan.scale)}
    return {
        "id": case.id,
        "source": case.image.name,
        "source_sha256": source_sha256,
        "scan_sha256": scan_sha256(scan),
        "voxels_sha256": voxels_sha256(image.array, image.affine),
        "header_patient": scan.patient,
        "original": {
            "shape": list(scan.array.shape),
            "spacing_mm": list(spacing_of(scan.affine)),
            "orientation": "".join(nibabel.aff2axcodes(scan.affine)),
            "dtype": str(scan.array.dtype),
        },
        "shape": list(image.array.shape),
        "spacing_mm": list(spacing_of(image.affine)),
        "native_spacing_mm": _native_spacing(scan),
        "affine": image.affine.tolist(),
        "dtype": str(image.array.dtype),
        "values": value_statistics(image.array),
        **scale,
    }


def _native_spacing(scan: Scan) -> list[float]:
    """Voxel size in mm as scanned, along the axes of the prepared volume: x, y, z."""
    import nibabel

    axes = nibabel.io_orientation(scan.affine)[:, 0].astype(int)
    spacing = spacing_of(scan.affine)
    return [spacing[list(axes).index(axis)] for axis in range(3)]


def describe_label(source: Source, source_sha256: str, label: Volume) -> Record:
    """Origin, voxels of each value and connected objects of a prepared label map."""
    objects, dropped = find_objects(label.array, spacing_of(label.affine))
    return {
        "label_source": source.name,
        "label_source_sha256": source_sha256,
        "label_voxels_sha256": voxels_sha256(label.array, label.affine),
        "label_dtype": str(label.array.dtype),
        "voxels_per_label": count_labels(label.array),
        "objects": objects,
        "objects_below_3_voxels": dropped,
    }


def origin_of(case: Case, settings: Settings) -> Record:
    """Everything that determines a prepared case: names and SHA-256 of its files, settings.

    Raises:
        BrokenScanError: a file is missing or cannot be opened.
    """
    return {
        "image": [case.image.name, sha256_of_source(case.image)],
        "label": [] if case.label is None else [case.label.name, sha256_of_source(case.label)],
        "settings": settings.as_lists(),
    }


def stat_of(case: Case, settings: Settings) -> Record:
    """Paths, sizes and times of the files: while these stay, they need not be hashed again."""
    return {"files": stats_of(files_of(case)), "settings": settings.as_lists()}


def files_of(case: Case) -> list[Path]:
    """The files of a case's scan and of its label map."""
    sources = [case.image] if case.label is None else [case.image, case.label]
    return [path.absolute() for source in sources for path in source.files]


def stats_of(paths: Iterable[Path]) -> list[list[Any]]:
    """Path, size and time of each file that is there."""
    stats = [(str(path), stat) for path in paths if (stat := _stat(path)) is not None]
    return [[name, stat.st_size, stat.st_mtime_ns] for name, stat in stats]


def _stat(path: Path) -> os.stat_result | None:
    """None where there is no such file, or its folder may not be entered."""
    try:
        return path.stat()
    except OSError:
        return None


def sha256_of_source(source: Source) -> str:
    """SHA-256 of the scan's files, one after the other.

    Raises:
        BrokenScanError: a file is missing or cannot be opened.
    """
    digest = hashlib.sha256()
    check_files(source.files)
    for path in source.files:
        with path.open("rb") as stream:
            while chunk := stream.read(CHUNK):
                digest.update(chunk)
    return digest.hexdigest()
