"""Preparations in shards, and what they left."""

import random
from functools import partial

import nibabel as nib
import numpy as np

from medssl.sources import prepare_lidc, prepare_listed, prepare_liver, prepare_luna16

from .lidc.published import READERS, UIDS, save_scans, save_xml
from .test_listed_sets import nnunet
from .test_liver import lits
from .test_luna16 import tiny


def files(folder):
    """What is in a folder, the notes of its shards aside."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.parent.name != ".shards"
    }


def in_shards(prepare, count, seed=0):
    """All shards one after the other in any order, then the merge."""
    numbers = list(range(1, count + 1))
    random.Random(seed).shuffle(numbers)
    for number in numbers:
        prepare(shard=f"{number}/{count}")
    return prepare(shard=f"merge/{count}")


def replaced(path, change):
    """The scan or mask of a file with other voxels, under the same name."""
    scan = nib.load(path)
    values = change(np.asarray(scan.dataobj))
    nib.save(nib.Nifti1Image(values.astype(scan.get_data_dtype()), scan.affine), path)


def luna16(folder):
    return partial(prepare_luna16, tiny(folder))


def liver(folder):
    return partial(prepare_liver, "lits", lits(folder))


def listed(folder):
    return partial(prepare_listed, "nnunet", nnunet(folder, "CT", 4))


def lidc(folder):
    annotations = save_xml(folder / "xml", dict.fromkeys(UIDS, READERS))
    return partial(prepare_lidc, save_scans(folder / "scans"), annotations)
