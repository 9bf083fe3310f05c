"""Further odd headers by name: NIfTI, MetaImage and NRRD; see odd_cases.py."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
from numpy.typing import NDArray

from odd_files import AFFINE, Case, nifti, voxels

_LPS = np.diag([-1.0, -1, 1, 1]) @ AFFINE
_STEPS, _ORIGIN = np.diag(np.abs(AFFINE[:3, :3])), _LPS[:3, 3]


def _turned(about: tuple[float, float, float], mirrored: bool = False) -> NDArray[np.float64]:
    """The affine with its axes turned (degrees about x, y, z) around its middle."""
    turn = np.eye(3)
    for axis, angle in enumerate(np.deg2rad(about)):
        one = np.eye(3)
        a, b = [n for n in range(3) if n != axis]
        one[a, a] = one[b, b] = np.cos(angle)
        one[a, b], one[b, a] = -np.sin(angle), np.sin(angle)
        turn = turn @ one
    affine = AFFINE.copy()
    affine[:3, :3] = turn @ AFFINE[:3, :3] @ np.diag([-1 if mirrored else 1, 1, 1])
    middle = np.array([71, 71, 39]) / 2
    affine[:3, 3] += (AFFINE[:3, :3] - affine[:3, :3]) @ middle
    return affine


def _sheared(affine: NDArray[np.float64]) -> NDArray[np.float64]:
    shear = np.eye(4)
    shear[1, 2], shear[1, 3] = 0.4, -0.4 * 20
    return affine @ shear


def _nifti_with(spoil: Callable[[Any], None]) -> Case:
    """A NIfTI image that ``spoil`` changes before it is saved."""

    def write(folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        image = nib.Nifti1Image(voxels(), AFFINE)
        spoil(image)
        nib.save(image, folder / "a.nii.gz")

    return write


def _nifti_of(make: Callable[[Any, Any], Any]) -> Case:
    def write(folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        nib.save(make(voxels(), AFFINE), folder / "a.nii.gz")

    return write


def _in_big_endian(hu: Any, affine: Any) -> Any:
    return nib.Nifti1Image(hu, affine, nib.Nifti1Header(endianness=">"))


def _qform_alone(image: Any) -> None:
    image.set_qform(AFFINE, 1)
    image.set_sform(None, 0)


def _qform_elsewhere(image: Any) -> None:
    image.set_qform(np.diag([-1.0, -1, 1, 1]) @ AFFINE, 1)
    image.set_sform(AFFINE, 1)


def _no_form(image: Any) -> None:
    image.set_qform(None, 0)
    image.set_sform(None, 0)


def _scaled(kind: type, slope: float, shift: float) -> Case:
    """Values stored as another type, with a slope and an intercept in the header."""

    def write(folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        stored = np.rint((voxels() - shift) / slope).astype(kind)
        image = nib.Nifti1Image(stored, AFFINE)
        image.header.set_data_dtype(kind)
        image.header.set_slope_inter(slope, shift)
        nib.save(image, folder / "a.nii.gz")

    return write


def _repacked(change: Callable[[bytes], bytes], name: str = "a.nii.gz") -> Case:
    """A plain NIfTI file's bytes, changed and written under a name."""

    def write(folder: Path) -> None:
        nifti(".nii")(folder)
        content = (folder / "a.nii").read_bytes()
        (folder / "a.nii").unlink()
        (folder / name).write_bytes(change(content))

    return write


def _in_two_members(content: bytes) -> bytes:
    half = len(content) // 2
    return gzip.compress(content[:half], 1) + gzip.compress(content[half:], 1)


def _text_header(
    suffix: str, lines: list[str], kind: str = "<i2", change: Callable[[bytes], bytes] = bytes
) -> Case:
    """A header of lines before the voxels."""

    def write(folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        body = np.ascontiguousarray(voxels().transpose(2, 1, 0)).astype(kind).tobytes()
        head = "\n".join(lines).encode() + (b"\n\n" if suffix == ".nrrd" else b"\n")
        (folder / f"a{suffix}").write_bytes(head + change(body))

    return write


def _numbers(values: Any) -> str:
    return " ".join(f"{value:g}" for value in np.ravel(values))


def _meta(kind: str = "<i2", change: Callable[[bytes], bytes] = bytes, **fields: str) -> Case:
    """A MetaImage, its fields changed, added, or removed where empty."""
    head = {
        "ObjectType": "Image",
        "NDims": "3",
        "DimSize": "72 72 40",
        "BinaryData": "True",
        "BinaryDataByteOrderMSB": "False",
        "Offset": _numbers(_ORIGIN),
        "TransformMatrix": "-1 0 0 0 -1 0 0 0 1",
        "ElementSpacing": _numbers(_STEPS),
        "ElementType": "MET_SHORT",
        **fields,
    }
    lines = [f"{name} = {value}" for name, value in head.items() if value]
    return _text_header(".mha", [*lines, "ElementDataFile = LOCAL"], kind, change)


def _nrrd(kind: str = "<i2", change: Callable[[bytes], bytes] = bytes, **fields: str) -> Case:
    """An NRRD, its fields changed, added, or removed where empty; ``_`` stands for a space."""
    head = {
        "type": "short",
        "dimension": "3",
        "sizes": "72 72 40",
        "space": "left-posterior-superior",
        "space_dimension": "",
        "space_directions": "(-2,0,0) (0,-2,0) (0,0,3)",
        "space_origin": f"({','.join(_numbers(_ORIGIN).split())})",
        "endian": "little",
        "encoding": "raw",
        **fields,
    }
    lines = [f"{name.replace('_', ' ')}: {value}" for name, value in head.items() if value]
    return _text_header(".nrrd", ["NRRD0004", *lines], kind, change)


def _cut(content: bytes) -> bytes:
    return content[:-60_000]


_IN_RAS = {
    "space": "right-anterior-superior",
    "space_directions": "(2,0,0) (0,2,0) (0,0,3)",
    "space_origin": "(-72.4,-71.5,0.4)",
}
_IN_LAS = {
    "space": "left-anterior-superior",
    "space_directions": "(-2,0,0) (0,2,0) (0,0,3)",
    "space_origin": "(72.4,-71.5,0.4)",
}

READ_HEADERS: dict[str, Case] = {
    "nifti_qform_alone": _nifti_with(_qform_alone),
    "nifti_qform_elsewhere": _nifti_with(_qform_elsewhere),
    "nifti_left_handed": nifti(affine=_turned((0, 0, 0), mirrored=True)),
    "nifti_oblique": nifti(affine=_turned((9, -14, 21))),
    "nifti_axes_exchanged": nifti(affine=_turned((90, 0, 90))),
    "nifti_oblique_sheared": nifti(affine=_sheared(_turned((9, -14, 21)))),
    "nifti_oblique_left_handed": nifti(affine=_turned((-30, 8, 5), mirrored=True)),
    "nifti_one_volume_of_four_axes": nifti(spoil=lambda hu: hu[..., None]),
    "nifti_double": nifti(spoil=lambda hu: hu.astype(np.float64)),
    "nifti_integers_of_32_bits": nifti(spoil=lambda hu: hu.astype(np.int32)),
    "nifti_unsigned_and_intercept": _scaled(np.uint16, 1, -1024),
    "nifti_bytes_and_slope": _scaled(np.uint8, 7, -1024),
    "nifti_slope_nan": nifti(".nii", patch={112: struct.pack("<2f", np.nan, np.nan)}),
    "nifti_big_endian": _nifti_of(_in_big_endian),
    "nifti_2": _nifti_of(nib.Nifti2Image),
    "nifti_pixdim_of_1": nifti(".nii", patch={80: struct.pack("<3f", 1, 1, 1)}),
    "nifti_padded": nifti(spoil=lambda hu: np.where(hu == -1000, np.int16(-3024), hu)),
    "nifti_two_gzip_members": _repacked(_in_two_members),
    "nifti_zeros_behind": _repacked(lambda content: gzip.compress(content, 1) + bytes(512)),
    "metaimage_element_size": _meta(ElementSpacing="", ElementSize=_numbers(_STEPS)),
    "metaimage_both_sizes": _meta(ElementSize="7 7 7"),
    "metaimage_big_endian": _meta(">i2", BinaryDataByteOrderMSB="True"),
    "metaimage_other_names": _meta(
        Offset="", Position=_numbers(_ORIGIN), TransformMatrix="", Orientation="-1 0 0 0 -1 0 0 0 1"
    ),
    "metaimage_double": _meta("<f8", ElementType="MET_DOUBLE"),
    "nrrd_in_ras": _nrrd(**_IN_RAS),
    "nrrd_in_las": _nrrd(**_IN_LAS),
    "nrrd_short_name_of_space": _nrrd(**{**_IN_RAS, "space": "RAS"}),
    "nrrd_big_endian": _nrrd(">i2", endian="big"),
    "nrrd_gzip": _nrrd(encoding="gzip", change=lambda body: gzip.compress(body, 1)),
    "nrrd_centimetres": _nrrd(
        space_units='"cm" "cm" "cm"',
        space_directions="(-0.2,0,0) (0,-0.2,0) (0,0,0.3)",
        space_origin=f"({','.join(_numbers(_ORIGIN / 10).split())})",
    ),
}

REFUSED_HEADERS: dict[str, tuple[Case, str]] = {
    "nifti_no_form": (_nifti_with(_no_form), "does not say where left is"),
    "nifti_unknown_form": (
        nifti(".nii", patch={254: struct.pack("<h", 258)}),
        "sform_code 258, which NIfTI does not define",
    ),
    "nifti_far_away": (nifti(".nii", patch={292: struct.pack("<f", 3e14)}), "m from the middle"),
    "nifti_sform_of_zeros": (
        nifti(".nii", patch={280: bytes(48)}),
        "no inverse",
    ),
    "nifti_sform_nan": (
        nifti(".nii", patch={280: struct.pack("<f", np.nan)}),
        "no inverse",
    ),
    "nifti_infinite": (
        nifti(spoil=lambda hu: np.where(hu == 700, np.float32(np.inf), hu)),
        "NaN or infinite",
    ),
    "nifti_complex": (nifti(spoil=lambda hu: hu.astype(np.complex64)), "complex"),
    "nifti_of_one_slice": (nifti(spoil=lambda hu: hu[..., :1]), "is not a volume"),
    "nifti_flat": (nifti(spoil=lambda hu: hu[..., 20]), "is not a volume"),
    "nifti_windowed": (
        nifti(spoil=lambda hu: np.clip((hu + 1000) / 2000, 0, 1).astype(np.float32)),
        "no Hounsfield units",
    ),
    "nifti_bytes_of_a_window": (
        nifti(spoil=lambda hu: np.clip((hu + 1000) / 8, 0, 255).astype(np.uint8)),
        "no Hounsfield units",
    ),
    "nifti_tenth_of_a_millimetre": (nifti(affine=np.diag([0.02, 0.02, 0.03, 1])), "voxels of"),
    "nifti_cut_short": (_repacked(lambda content: content[:-9000], "a.nii"), "cannot be read"),
    "nifti_gzip_cut_short": (
        _repacked(lambda content: gzip.compress(content, 1)[:-9000]),
        "cannot be read",
    ),
    "nifti_gzip_by_name_alone": (_repacked(bytes), "cannot be read"),
    "nifti_plain_by_name_alone": (
        _repacked(lambda content: gzip.compress(content, 1), "a.nii"),
        "cannot be read",
    ),
    "nifti_empty": (_repacked(lambda content: content[:0]), "cannot be read"),
    "nifti_zeros": (_repacked(lambda content: bytes(len(content)), "a.nii"), "cannot be read"),
    "metaimage_cut_short": (_meta(change=_cut), "its header announces 414,720 bytes"),
    "metaimage_three_values": (_meta(ElementNumberOfChannels="3"), "3 values per voxel"),
    "metaimage_negative_spacing": (_meta(ElementSpacing="2 2 -3"), "its voxel size is"),
    "metaimage_of_zeros": (_meta(ElementSpacing="0 0 0"), "spacing .*0, 0, 0|its voxel size is"),
    "metaimage_flat_matrix": (_meta(TransformMatrix="-1 0 0 0 -1 0 0 0 0"), "no inverse"),
    "nrrd_cut_short": (_nrrd(change=_cut), "cannot be read"),
    "nrrd_no_space": (_nrrd(space="", space_dimension="3"), "where left is"),
    "nrrd_spacings_alone": (
        _nrrd(space="", space_directions="", space_origin="", spacings="2 2 3"),
        "where left is",
    ),
    "nrrd_scanner_space": (_nrrd(space="scanner-xyz"), "where left is"),
    "nrrd_in_inches": (_nrrd(space_units='"in" "in" "in"'), "space units"),
    "nrrd_gzip_cut_short": (
        _nrrd(encoding="gzip", change=lambda body: gzip.compress(body, 1)[:-9000]),
        "too early",
    ),
    "nrrd_bit_flipped": (
        _nrrd(encoding="gzip", change=lambda body: gzip.compress(body, 1)[:-8] + bytes(8)),
        "cannot be read",
    ),
}
