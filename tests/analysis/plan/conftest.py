"""Facts and machines to plan for."""

from pathlib import Path

import numpy as np

from medssl.analysis.plan.facts import Facts
from medssl.analysis.plan.machine import GIB, Machine
from medssl.store.contract import HU, ScanContract

CPU = Machine("cpu", "2 CPU core(s)", 24 * GIB)
GPU = Machine("cuda", "a GPU", 24 * GIB)


def facts(shape=(35, 50, 35), scans=100, native=(1.0, 1.0, 1.0), **changes) -> Facts:
    """Scans of one shape and voxel size, on a scale of their own unless said otherwise."""
    contract = ScanContract(
        spacing=changes.pop("spacing", (1.0, 1.0, 1.0)),
        intensity=changes.pop("intensity", "percentile"),
        channels=("T1",),
    )
    names = changes.pop("names", ("anterior", "posterior"))
    values = changes.pop("values", np.arange(-160, 241, dtype=np.int16))
    return Facts(
        Path("data/task"),
        contract,
        tuple((number,) for number in range(1, len(names) + 1)),
        tuple(names),
        np.array([shape] * scans),
        np.array([native] * scans, dtype=float),
        (scans,) * len(names),
        (1.5,) * len(names),
        values,
    )


__all__ = ["CPU", "GPU", "HU", "facts"]
