"""Odd NIfTI, MetaImage and NRRD files by name; see odd_cases.py."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import itk
import nibabel as nib
import numpy as np
from numpy.typing import NDArray

from odd_dicom import paint

Case = Callable[[Path], None]

AFFINE = np.array([[2.0, 0, 0, -72.4], [0, 2, 0, -71.5], [0, 0, 3, 0.4], [0, 0, 0, 1]])
SHAPE = (72, 72, 40)
_CODE = {"unknown": 0, "meter": 1, "mm": 2, "micron": 3}


def voxels(affine: NDArray[np.float64] = AFFINE) -> NDArray[np.int16]:
    """The object on a grid."""
    world = np.moveaxis(np.indices(SHAPE), 0, -1) @ affine[:3, :3].T + affine[:3, 3]
    return np.rint(paint(world)).astype(np.int16)


def nifti(
    suffix: str = ".nii.gz",
    affine: NDArray[np.float64] = AFFINE,
    spoil: Callable[[NDArray[np.int16]], NDArray[Any]] = np.asarray,
    patch: dict[int, bytes] | None = None,
    **header: Any,
) -> Case:
    """A NIfTI file with header fields set by name, or bytes of the header by offset."""

    def write(folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"a{suffix}"
        image = nib.Nifti1Image(spoil(voxels(affine)), affine)
        if suffix.startswith(".hdr"):
            image = nib.Nifti1Pair(image.dataobj, affine)
        for name, value in header.items():
            image.header[name] = value
        nib.save(image, path)
        with path.open("r+b") if patch else path.open("rb") as stream:
            for place, content in (patch or {}).items():
                stream.seek(place)
                stream.write(content)

    return write


def _in_unit(unit: str, mm: float) -> Case:
    affine = AFFINE.copy()
    affine[:3] /= mm

    def write(folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        image = nib.Nifti1Image(voxels(), affine)
        image.header["xyzt_units"] = _CODE[unit]
        nib.save(image, folder / "a.nii.gz")

    return write


def by_itk(suffix: str, replace: tuple[str, str] = ("", "")) -> Case:
    """A MetaImage or NRRD file, with a text in its header replaced."""

    def write(folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        lps = np.diag([-1.0, -1, 1, 1]) @ AFFINE
        spacing = np.linalg.norm(lps[:3, :3], axis=0)
        image = itk.image_from_array(np.ascontiguousarray(voxels().transpose(2, 1, 0)))
        image.SetSpacing(spacing.tolist())
        image.SetOrigin(lps[:3, 3].tolist())
        image.SetDirection(itk.matrix_from_array(np.ascontiguousarray(lps[:3, :3] / spacing)))
        path = folder / f"a{suffix}"
        itk.imwrite(image, str(path))
        content = path.read_bytes()
        if replace[0].encode() not in content:
            raise ValueError(f"{replace[0]!r} is not in the header of {path.name}")
        path.write_bytes(content.replace(*(text.encode() for text in replace), 1))

    return write


def _spoil_bytes(change: Callable[[bytearray], None]) -> Case:
    def write(folder: Path) -> None:
        nifti()(folder)
        content = bytearray((folder / "a.nii.gz").read_bytes())
        change(content)
        (folder / "a.nii.gz").write_bytes(content)

    return write


def _analyze(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    nib.save(nib.AnalyzeImage(voxels(), AFFINE), folder / "a.hdr")


def _colours(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    kind = np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")])
    nib.save(nib.Nifti1Image(np.zeros(SHAPE, kind), AFFINE), folder / "a.nii.gz")


def _with_nan(hu: NDArray[np.int16]) -> NDArray[np.float32]:
    spoiled = hu.astype(np.float32)
    spoiled[3, 3, 3] = np.nan
    return spoiled


def _flip(content: bytearray) -> None:
    content[len(content) // 2] ^= 4


def _shorten(content: bytearray) -> None:
    del content[-8:]


_SHEARED = AFFINE.copy()
_SHEARED[1, 2] = 0.9

READ_FILES: dict[str, Case] = {
    "nifti": nifti(),
    "nifti_sheared": nifti(affine=_SHEARED),
    "nifti_meter": _in_unit("meter", 1000),
    "nifti_micron": _in_unit("micron", 0.001),
    "nifti_no_unit": _in_unit("unknown", 1),
    "nifti_five_axes_of_one": nifti(spoil=lambda hu: hu[..., None, None]),
    "nifti_slope_zero": nifti(scl_slope=0),
    "nifti_pair": nifti(".hdr"),
    "metaimage": by_itk(".mha"),
    "metaimage_detached": by_itk(".mhd"),
    "nrrd": by_itk(".nrrd"),
    "nrrd_detached": by_itk(".nhdr"),
}

REFUSED_FILES: dict[str, tuple[Case, str]] = {
    "nifti_nan": (nifti(spoil=_with_nan), "1 voxels are NaN"),
    "nifti_not_rescaled": (nifti(spoil=lambda hu: hu + 1024), "no Hounsfield units"),
    "nifti_constant": (nifti(spoil=np.zeros_like), "every voxel is 0"),
    "nifti_four_axes": (nifti(spoil=lambda hu: np.stack([hu, hu], -1)), "several volumes"),
    "nifti_colours": (_colours, "colours"),
    "nifti_micron_for_mm": (_in_unit("micron", 1), "voxels of 0.002 x 0.002 x 0.003 mm"),
    "nifti_meter_for_mm": (_in_unit("meter", 1), "voxels of 2000 x"),
    "nifti_unknown_unit": (nifti(".nii", patch={123: b"\x05"}), "unit of length 5"),
    "nifti_zero_spacing": (
        nifti(".nii", patch={88: struct.pack("<f", 0), 252: struct.pack("<hh", 1, 0)}),
        "its voxel size is",
    ),
    "nifti_huge": (
        nifti(".nii", patch={42: struct.pack("<3h", 32000, 32000, 32000)}),
        "more than any scan has",
    ),
    "nifti_larger_than_its_file": (
        nifti(".nii", patch={42: struct.pack("<3h", 512, 512, 600)}),
        "cannot be read",
    ),
    "nifti_wrong_magic": (nifti(".nii", patch={344: b"abc\0"}), "cannot be read|Analyze"),
    "nifti_one_bit": (_spoil_bytes(_flip), "cannot be read"),
    "nifti_no_trailer": (_spoil_bytes(_shorten), "cannot be read"),
    "analyze": (_analyze, "Analyze pair"),
    "metaimage_no_spacing": (by_itk(".mha", ("ElementSpacing", "Comment")), "no ElementSpacing"),
    "nrrd_no_spacing": (
        by_itk(".nrrd", ("space directions:", "#pace directions:")),
        "no space directions",
    ),
    "metaimage_huge": (
        by_itk(".mha", ("DimSize = 72 72 40", "DimSize = 99999 99999 99999")),
        "more than any scan has",
    ),
}
