"""``medssl prepare msd_liver`` and ``medssl prepare lits``: CT of the liver with its tumours.

Both publish the same 131 labelled scans of the LiTS challenge (Bilic et al., arXiv 1901.04056), the
Medical Segmentation Decathlon as Task03_Liver (Antonelli et al., arXiv 2106.05735).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..store.manifest import note_differences, read_manifest
from ..store.splits import SPLITS
from .asked import read_asked
from .data_set import prepare_data_set
from .liver_layouts import LAYOUTS, Numbered
from .pairing import Case
from .public_data import BY_HAND, download_msd_liver
from .readers import Source
from .same_source import claimed

CASES = 131
LABEL_NAMES = {0: "background", 1: "liver", 2: "tumour"}
_PAPER = {"training": range(100), "validation": range(100, 115), "test": range(115, 130)}
LICENCES = {
    "msd_liver": "CC BY-SA 4.0 (Medical Segmentation Decathlon as published)",
    "lits": "CC BY-NC-ND 4.0 (LiTS as published)",
}
TASK = "liver_ct_segmentation"
_SHOWN = 8


def prepare_liver(
    data_set: str,
    source: str | Path,
    output: str | Path,
    split: str = "paper",
    download: bool = False,
    spacing: float | Sequence[float] | str = 1.0,
    workers: int | None = None,
    skip_broken: bool = False,
    fractions: Sequence[float] = (0.7, 0.1, 0.2),
    seed: int = 0,
    hu_clip: Sequence[float] | None = None,
    folds: int | None = None,
    antialias: bool = True,
    shard: str | None = None,
) -> Path:
    """Prepare LiTS in either of its two layouts: RAS order, one voxel size, int16 HU.

    What differs from the published 131 cases is printed and kept in ``manifest.json``.

    Args:
        data_set: ``msd_liver`` (read by its dataset.json) or ``lits`` (volume-N and segmentation-N
            anywhere below).
        source: folder with the data set.
        output: folder to write.
        split: ``paper`` (cases 0-99 training, 100-114 validation, 115-129 test, 130 unused) or
            ``patients``, by a hash of each.
        download: first fetch the data set to ``source``, unless it is there.
        spacing: voxel size in mm, one number or three (x, y, z), or ``native`` to keep each scan's.
        workers: processes, at most; default one for each core, 8 at most.
        skip_broken: leave out unusable scans and list them in the manifest.
        fractions: shares of training, validation and test with ``--split patients``.
        seed: of that split.
        hu_clip: lowest and highest HU to keep; default: HU are not clipped.
        folds: also write this many leave-some-out folds, each patient being tested in one of them;
            only with ``split`` ``patients``, as the others are fixed.
        antialias: blur along axes that become coarser, so that no false structure is left;
            ``false`` only interpolates.
        shard: ``3/40`` prepares the third of forty shares and writes no list, ``merge/40`` writes
            the lists when all are prepared; see :mod:`~.shards`.

    Returns:
        The path of ``datalist.json``; labels are 0 background, 1 liver and 2 tumour.

    Raises:
        UserError: bad arguments, no such data set, an image without label or the reverse, or a
            split without cases.
    """
    asked = read_asked(locals(), licence=LICENCES[data_set])
    folder = Path(source)
    if split not in ("paper", "patients"):
        raise UserError(f"split: {split!r}, expected paper or patients")
    if download:
        _download(folder, data_set)
    called, images, labels = LAYOUTS[data_set](folder)
    cases = _pair(called, folder, images, labels, split == "paper")
    target = Path(output)
    with claimed(target, data_set, asked):
        datalist = prepare_data_set(folder, cases, target, asked, LABEL_NAMES, TASK, data_set)
        if asked.is_part:
            return datalist
        differences = _differences(images, target)
        note_differences(target, differences)
    for line in differences:
        print(line)
    return datalist


def _download(folder: Path, data_set: str) -> None:
    if data_set != "msd_liver":
        raise UserError(f"download: {BY_HAND[data_set]}")
    download_msd_liver(folder)


def _pair(called: str, folder: Path, images: Numbered, labels: Numbered, paper: bool) -> list[Case]:
    for kind, one, other in (("label", images, labels), ("image", labels, images)):
        alone = [one[number].name for number in sorted(one.keys() - other.keys())]
        if alone:
            raise UserError(
                f"{folder}: no {kind} for {_some(alone)}; fetch the missing files or remove these"
            )
    if paper:
        empty = [name for name in SPLITS if not images.keys() & set(_PAPER[name])]
        if empty:
            raise UserError(
                f"split: none of the {len(images)} cases of {folder} is in the paper's "
                f"{' and '.join(empty)} (cases 0-99, 100-114 and 115-129); add --split patients"
            )
    return [_case(called, n, images[n], labels[n], paper) for n in sorted(images)]


def _case(called: str, number: int, image: Source, label: Source, paper: bool) -> Case:
    name = image.stem.rsplit("/", 1)[-1]
    split = next((one for one, numbers in _PAPER.items() if number in numbers), "unused")
    facts = {"data_set": called, "number": number}
    return Case(name, image, label, None, split if paper else None, facts)


def _differences(images: Numbered, output: Path) -> list[str]:
    """One line for each way in which the cases are not the published ones."""
    published, found, lines = set(range(CASES)), images.keys(), []
    if missing := sorted(published - found):
        lines.append(f"{len(missing)} of {CASES} cases missing: {_some(missing)}")
    if strange := sorted(found - published):
        lines.append(f"{len(strange)} cases beyond the published {CASES}: {_some(strange)}")
    return [*lines, *_label_differences(read_manifest(output)["scans"])]


def _label_differences(records: Sequence[Mapping[str, Any]]) -> list[str]:
    present = {record["id"]: {int(v) for v in record["voxels_per_label"]} for record in records}
    lines = []
    for name, values in present.items():
        if 1 not in values:
            lines.append(f"{name}: no liver (1) in its label")
        if values - LABEL_NAMES.keys():
            strange = sorted(values - LABEL_NAMES.keys())
            lines.append(f"{name}: its label holds {strange}, expected 0, 1 and 2")
    if not any(2 in values for values in present.values()):
        lines.append("no case has a tumour (2) in its label")
    return lines


def _some(names: Sequence[object]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(str(name) for name in names[:_SHOWN]) + more
