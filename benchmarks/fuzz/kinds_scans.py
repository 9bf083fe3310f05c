"""Scans in five formats, prepared as a user would."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from medssl.sources import prepare_images
from odd_dicom import origins, write_series

from .content import digest, lists, volumes
from .examples import MM, SIZE, SLICES, affine, voxels
from .kind import IN, OUT, Kind
from .of_bytes import damage_bytes
from .of_headers import damage_header

_PLAIN = "voxels and header have no checksum: what is plausible is taken as it is written"


def _prepare(case: Path) -> str:
    prepare_images(
        case / IN, case / OUT / "data", spacing=MM, workers=1, fractions=(1, 0, 0), patients="each"
    )
    data = case / OUT / "data"
    return digest(volumes(data), [len(each["training"]) for each in lists(data).values()])


def _dicom(folder: Path) -> None:
    how = {"pixel_mm": (MM, MM), "size": SIZE}
    write_series(folder, origins(np.arange(SLICES) * 2 * MM + 12, **how), **how)


def _nifti(name: str, folder: Path) -> None:
    import nibabel as nib

    nib.save(nib.Nifti1Image(voxels(), affine()), folder / name)


def _by_itk(name: str, folder: Path) -> None:
    import itk

    lps = np.diag([-1.0, -1, 1, 1]) @ affine()
    spacing = np.linalg.norm(lps[:3, :3], axis=0)
    image = itk.image_from_array(np.ascontiguousarray(voxels().transpose(2, 1, 0)))
    image.SetSpacing(spacing.tolist())
    image.SetOrigin(lps[:3, 3].tolist())
    image.SetDirection(itk.matrix_from_array(np.ascontiguousarray(lps[:3, :3] / spacing)))
    itk.imwrite(image, str(folder / name))


def _kind(name: str, make: Callable[[Path], object], count: int, plain: str = _PLAIN) -> Kind:
    unseen = {"": plain} if plain else {}
    damage = {"*": damage_bytes if name in ("DICOM", "NIfTI gz") else damage_header}
    whole = ("1.2.3.4",) if name == "DICOM" else ()
    return Kind(name, make, _prepare, damage, count, unseen, named=False, whole=whole)


KINDS = (
    _kind("DICOM", _dicom, 200),
    _kind("NIfTI", partial(_nifti, "chest.nii"), 200),
    _kind("NIfTI gz", partial(_nifti, "chest.nii.gz"), 150, plain=""),
    _kind("MetaImage", partial(_by_itk, "chest.mha"), 150),
    _kind("NRRD", partial(_by_itk, "chest.nrrd"), 150),
)
