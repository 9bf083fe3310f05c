"""The command line's way to a folder of phantoms."""

from __future__ import annotations

from pathlib import Path

from ..errors import UserError
from ..processes import too_many, usable_cpus
from .decathlon import write_decathlon
from .luna16 import write_luna16
from .nnunet import write_nnunet
from .organ_scans import ORGAN_SETS

KINDS = ("chest", "abdomen", *ORGAN_SETS)


def prepare_phantom(
    output: str | Path,
    scans: int = 20,
    seed: int = 0,
    spacing: float | tuple[float, float, float] | None = None,
    workers: int | None = None,
    negatives_per_scan: int = 100,
    kind: str = "chest",
) -> None:
    """Write a folder of synthetic scans, laid out as LUNA16, as the Decathlon or as by nnU-Net.

    Args:
        output: folder to write to.
        scans: how many scans.
        seed: draws all of them; the same seed gives the same files.
        spacing: voxel size in mm, one number or three (x, y, z); left out, each scan draws
            0.6-0.9 mm in-plane and 1-2.5 mm (chest) or 1-5 mm (abdomen) along z, or 3-3.6 mm and
            4 or 5 mm (organs).
        workers: processes; left out, one for each CPU that this process may use.
        negatives_per_scan: candidates of class 0 for each chest.
        kind: ``chest`` (CT with lung nodules), ``abdomen`` (CT with liver tumours), ``organs_ct``
            (liver, spleen, kidneys), ``organs_mr`` (one sequence, right and left kidney) or
            ``organs_mr4`` (four sequences; liver, spleen, kidneys).

    Raises:
        UserError: an argument out of range, or a folder that holds anything else.
    """
    _check_integer("scans", scans, 1)
    _check_integer("seed", seed, 0)
    _check_integer("negatives_per_scan", negatives_per_scan, 0)
    if workers is None:
        workers = usable_cpus()
    _check_integer("workers", workers, 1)
    if reason := too_many("workers", workers):
        raise UserError(reason)
    folder, voxel = Path(output), _spacing(spacing)
    if kind == "chest":
        negatives = negatives_per_scan
        write_luna16(folder, scans, seed, voxel, negatives_per_scan=negatives, workers=workers)
    elif kind == "abdomen":
        write_decathlon(folder, scans, seed, voxel, workers=workers)
    elif kind in ORGAN_SETS:
        write_nnunet(folder, kind, scans, seed, voxel, workers=workers)
    else:
        raise UserError(f"--kind: {kind!r}, expected one of {', '.join(KINDS)}")


def _check_integer(name: str, value: object, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise UserError(f"--{name}: expected an integer of at least {least}, got {value!r}")


def _spacing(spacing: object) -> tuple[float, float, float] | None:
    if spacing is None:
        return None
    values = list(spacing) if isinstance(spacing, tuple | list) else [spacing] * 3
    numbers = [value for value in values if isinstance(value, int | float)]
    if len(values) != 3 or len(numbers) != 3 or not all(0.3 <= value <= 10 for value in numbers):
        raise UserError(
            f"--spacing: expected one number or three (x,y,z) of 0.3 to 10 mm, got {spacing!r}"
        )
    x, y, z = (float(value) for value in numbers)
    return x, y, z
