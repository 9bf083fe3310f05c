"""Rules of thumb for a segmentation's settings, after those that nnU-Net publishes.

Isensee et al. 2021: crops as large as memory allows, shaped like the median scan; at least two in a
batch, which is at most a twentieth of all voxels; clipped where the classes' values end.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ...networks.unet import STRIDE
from ...sides import sided_axes
from ...store.contract import HU
from .facts import Facts
from .machine import Machine

Value = int | float | str | list[int] | list[float]
Settled = tuple[Value, str]  # a key's value, and why

# Bytes of a training for each voxel and each of the network's base channels: 110 that are kept for
# the way back (measured), and as much again for gradients, augmentation and what runs beside.
BYTES = 220
_SHARE = 0.6  # of the memory that a plan fills
_CPU_CROP = 48**3  # voxels: on a CPU it is time that limits, not memory
_LARGEST_BATCH = {"cpu": 4, "cuda": 8}
WIDTH = {"cpu": 8, "cuda": 32}
_EPOCHS = (10, 1000)
_EPOCH_STEPS = 50
_BESIDE = 1.5  # a step with data, augmentation and validation, beside the network alone
_ANISOTROPIC = 3.0


def fold(facts: Facts) -> dict[str, Settled]:
    """The fold that was looked at, for the training to take; nothing of the one split."""
    if facts.fold is None:
        return {}
    return {"fold": (facts.fold, f"its {facts.scans} training scans were looked at")}


def spacing(facts: Facts) -> Settled:
    """The folder's voxel size; said where the scans' own is another."""
    own = target_spacing(facts)
    told = " x ".join(f"{size:.3g}" for size in own)
    if facts.contract.spacing is None:
        return "native", f"the folder's: each scan keeps its own, {told} mm as a rule"
    here = list(facts.contract.spacing)
    off = max(max(a / b, b / a) for a, b in zip(here, own, strict=True))
    if off < 1.25:
        return here, f"the folder's; the scans' own is {told} mm"
    advice = ",".join(f"{size:.3g}" for size in own)
    return here, (
        f"the folder's; the scans' own is {told} mm: `medssl prepare ... --spacing {advice}` would "
        "keep all of their detail, a coarser one shows more of a scan at once"
    )


def target_spacing(facts: Facts) -> list[float]:
    """Median voxel size in mm; along a coarse axis the 10th percentile."""
    median = np.median(facts.native_mm, axis=0)
    fine = np.percentile(facts.native_mm, 10, axis=0)
    coarse = median > _ANISOTROPIC * median.min()
    return [round(float(size), 3) for size in np.where(coarse, fine, median)]


def crop_size(facts: Facts, machine: Machine, width: int) -> tuple[list[int], str]:
    """Shaped like the median scan, smaller where two crops would not fit."""
    shape = np.median(facts.shapes, axis=0)
    whole = [max(2 * STRIDE, math.ceil(side / STRIDE) * STRIDE) for side in shape]
    limit = _most_voxels(machine, width)
    crop = list(whole)
    while math.prod(crop) > limit and max(crop) > 2 * STRIDE:
        axis = max(
            (side / full, axis)
            for axis, (side, full) in enumerate(zip(crop, shape, strict=True))
            if side > 2 * STRIDE
        )[1]
        crop[axis] -= STRIDE
    median = " x ".join(f"{side:.0f}" for side in shape)
    if crop == whole:
        return crop, f"a whole scan (median {median} voxels), as multiples of {STRIDE}"
    share = math.prod(crop) / math.prod(shape)
    why = f"memory ({machine.name})" if machine.gpu else f"a step's time ({machine.name})"
    wide = "; a coarser voxel size would show more at once" if share < 0.05 else ""
    return crop, f"{share:.0%} of the median scan ({median} voxels), limited by {why}{wide}"


def batch_size(facts: Facts, machine: Machine, width: int, crop: Sequence[int]) -> tuple[int, str]:
    """Two at least; more of small crops, at most a twentieth of all voxels."""
    voxels = math.prod(crop)
    fits = (2 if machine.gpu else 4) * _most_voxels(machine, width) // voxels
    twentieth = int(0.05 * facts.shapes.prod(1).sum() / voxels)
    batch = max(2, min(fits, twentieth, _LARGEST_BATCH[machine.device]))
    reasons = {
        2: "batch norm needs two, and more would not fit or be most of the data",
        _LARGEST_BATCH[machine.device]: "small crops; more would be fewer steps",
    }
    return batch, reasons.get(batch, "as many as fit, a twentieth of all voxels at most")


def window(facts: Facts) -> Settled:
    """Where the classes' values end in CT; a scan's own scale otherwise."""
    if facts.contract.intensity != HU:
        return [-1000, 1000], f"each scan's own scale ({facts.contract.intensity})"
    low, high = np.percentile(facts.foreground, (0.5, 99.5))
    ends = [10 * math.floor(low / 10), 10 * math.ceil(high / 10)]
    if ends[1] - ends[0] < 100:
        ends = [ends[0] - 50, ends[1] + 50]
    return ends, f"99 % of the voxels in {', '.join(facts.names)} lie there, in HU"


def flip_axes(facts: Facts) -> Settled:
    """All but those whose sides tell classes apart by their names."""
    sided = sided_axes(facts.names)
    kept = "".join(axis for axis in "xyz" if axis not in sided)
    if not sided:
        return kept, "no class is called by a side in English; leave out axes whose sides are"
    names = ", ".join(dict.fromkeys(name for told in sided.values() for name in told))
    return kept, f"sides are classes ({names}): {', '.join(sided)} not mirrored"


def crops_per_scan(facts: Facts, batch: int) -> tuple[int, str]:
    """So many that an epoch, after which rate and validation follow, is no matter of a moment."""
    crops = max(1, math.ceil(_EPOCH_STEPS * batch / facts.scans))
    return crops, f"an epoch of {facts.scans * crops // batch} steps, not of a moment"


def max_epochs(
    facts: Facts, hours: float, step: float, batch: int, crops: int, busy: bool = False
) -> tuple[int, str]:
    """What the hours hold, by a step that was timed."""
    steps = max(1, facts.scans * crops // batch)
    epochs = int(hours * 3600 / (steps * step * _BESIDE))
    low, high = _EPOCHS
    kept = min(max(epochs, low), high)
    length = kept * steps * step * _BESIDE / 3600
    when = "timed here, while other programs ran" if busy else "timed here"
    why = f"{steps} steps each of {step:.2g} s ({when}; {_BESIDE} times that in all)"
    if epochs < low:
        return kept, f"fewer would be no training: {why}, so it takes {length:.1f} h, not {hours:g}"
    return kept, f"{length:.2g} h: {why}"


def val_interval(epochs: int) -> Settled:
    """Twenty validations in all."""
    return max(1, epochs // 20), "about twenty validations in all"


def classes_line(facts: Facts) -> str:
    """The classes, how often and how large they are."""
    told = [
        f"{name} ({volume:.3g} ml, in {shown} of {facts.scans})"
        for name, volume, shown in zip(facts.names, facts.volumes_ml, facts.shown, strict=True)
    ]
    return ", ".join(told)


def unshown_line(facts: Facts) -> list[str]:
    """A line on classes that no training scan shows, which a training would refuse."""
    absent = [name for name, shown in zip(facts.names, facts.shown, strict=True) if not shown]
    told = f"no training scan shows {', '.join(absent)}, so the training leaves it out; give"
    return [f"{told} {' '.join(chosen_classes(facts))}"] if absent else []


def chosen_classes(facts: Facts) -> list[str]:
    """The argument of a training on the classes that its scans show; none where they show all."""
    kept = [name for name, shown in zip(facts.names, facts.shown, strict=True) if shown]
    return [] if len(kept) == len(facts.names) else [f'--classes#names "{kept}"']


def _most_voxels(machine: Machine, width: int) -> int:
    """Voxels of a crop, of which two or more are in a batch."""
    most = int(_SHARE * machine.memory / (2 * BYTES * width))
    return most if machine.gpu else min(most, _CPU_CROP * WIDTH["cpu"] // width)
