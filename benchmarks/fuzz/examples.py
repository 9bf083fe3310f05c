"""Small things that good examples are made of."""

from __future__ import annotations

import shutil
from pathlib import Path

import nibabel as nib
import numpy as np
from numpy.typing import NDArray

from medssl.sources import prepare_images
from medssl.zoo import pack, write_index
from odd_dicom import paint

from .commands import BUNDLES, TINY, train_elsewhere, words_of

BUNDLE = "pretrain_autoencoder"
MM = 4.0
SIZE, SLICES = (32, 32), 12
IDS = tuple(f"p{number}" for number in range(5))
SPLITS = ("training", "validation", "test")


def affine() -> NDArray[np.float64]:
    """Voxels of 4 x 4 x 8 mm around the object that odd_dicom.py paints."""
    found = np.diag([MM, MM, 2 * MM, 1])
    found[:3, 3] = (-64, -64, 12)
    return found


def voxels(seed: int = 0) -> NDArray[np.int16]:
    """The object in HU, with a little noise."""
    world = np.moveaxis(np.indices((*SIZE, SLICES)), 0, -1) @ affine()[:3, :3].T + affine()[:3, 3]
    noise = np.random.default_rng(seed).normal(0, 5, (*SIZE, SLICES))
    return np.rint(paint(world) + noise).astype(np.int16)


def write_scans(folder: Path) -> None:
    """Five patients, each a scan with a label map of its ball; and tables of them."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(IDS):
        hu = voxels(number)
        for kind, content in (("ct", hu), ("label", (hu > 300).astype(np.uint8))):
            nib.save(nib.Nifti1Image(content, affine()), folder / f"{name}_{kind}.nii.gz")
    rows = [f"{name},{'hard' if n % 2 else 'soft'},{5 + n},-14,60" for n, name in enumerate(IDS)]
    rows += [f"{name},{'soft' if n % 2 else 'hard'},{-5 - n},10,50" for n, name in enumerate(IDS)]
    (folder / "classes.csv").write_text("\n".join(["case,label,x,y,z", *rows]) + "\n")
    people = [f"{name},person{number}" for number, name in enumerate(IDS)]
    (folder / "patients.csv").write_text("\n".join(["id,patient", *people]) + "\n")


def prepare(source: Path, output: Path, **asked: object) -> None:
    """Prepare them at 4 mm, with labels and folds."""
    settings = {
        **{"images": "*_ct.nii.gz", "labels": "*_label.nii.gz", "spacing": MM, "workers": 1},
        **{"fractions": (0.6, 0.2, 0.2), "patients": "each", "folds": 2},
    }
    prepare_images(source, output, **{**settings, **asked})  # type: ignore[arg-type]


def prepared(folder: Path) -> None:
    """Fill ``folder`` with the prepared scans, their table of classes, and one of candidates."""
    write_scans(folder / "raw")
    prepare(folder / "raw", folder / "data", table=folder / "raw" / "classes.csv")
    rows = [f"{name},{10 + n},-14,60,1" for n, name in enumerate(IDS)]
    rows += [f"{name},{-5 - n},10,50,0" for n, name in enumerate(IDS)]
    head = "seriesuid,coordX,coordY,coordZ,class"
    (folder / "data" / "candidates.csv").write_text("\n".join([head, *rows]) + "\n")


def trained(folder: Path) -> None:
    """The prepared scans, and an autoencoder that had one epoch with them; made once for all."""
    made = folder.parent / ".trained"
    if not made.exists():
        made.mkdir()
        prepared(made)
        bundle = made / BUNDLE
        shutil.copytree(BUNDLES / BUNDLE, bundle, ignore=shutil.ignore_patterns("models"))
        train_elsewhere(words_of(bundle / "configs/train.json", bundle, made / "data", TINY))
    shutil.copytree(made, folder, dirs_exist_ok=True)


def released(folder: Path) -> None:
    """The same, and beside it the bundle's zip with its index."""
    trained(folder)
    made = folder.parent / ".released"
    if not made.exists():
        pack(folder / BUNDLE, made)
        write_index(made)
    shutil.copytree(made, folder / "dist")
    shutil.rmtree(folder / BUNDLE)
