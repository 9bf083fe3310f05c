"""One flipped bit in the pixel bodies of DICOM: refused where the codec can tell, and no crash.

The page of reliability says where nothing can be known; these are its figures.
"""

import base64
from pathlib import Path

import itk
import numpy as np
import pytest
from pydicom import Dataset, dcmread, dcmwrite
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import ExplicitVRLittleEndian, JPEGLSLossless, RLELossless

from medssl.sources.dicom.frames import read_frames
from medssl.sources.dicom.pixels import read_voxels
from medssl.sources.readers import BrokenScanError, find_sources, read_ct
from odd_dicom import origins, slice_of
from tests.helpers import flip_bit

SIZE, SLICES = 16, 5
# ``picture()`` as CharLS encodes it; no library of ours writes JPEG-LS.
JPEG_LS = base64.b85decode(
    "|JeWc01FEM5C9MX0TBTI+5iXv0RR91000000LIdd$`Vm!QfB!xs#URcu#;j$mvt;MLu%AmsELAw3A+02ZucLIh#n"
    "+lxiX3Rt(l*(EnAmyvoAWzh{7jC?CXyS7b3GV={8WEQ*uQXano!NO>qtS{<N_skvzPfQGTk5c_y++IzaRxmHbyp"
    "rj1v-pU-I}1f$5Q#WDYRnY+dcrP8XB$G&Cc<ycOGB9PkCVZ2&l@{$WAl0*zncQcTaP&I8SMV+e<O600rwxdiaaK"
    "y0zKA7=}94Ct`nE%-"
)
# Of all flips, what share each codec refuses; in streams so short, many hit a header.
TOLD = {
    "plain": (0, 0),
    "rle": (0, 0.5),
    "jpeg": (0, 0.6),
    "jpeg2000": (0, 0.5),
    "jpegls": (0.6, 1),
}


def picture():
    grid = np.mgrid[-8:8, -8:8]
    noise = np.random.default_rng(3).integers(-6, 7, (SIZE, SIZE))
    return (1024 + 40 * np.hypot(*grid) + noise).astype(np.uint16)


def header(number: int) -> Dataset:
    rescale = (1.0, -2024.0)
    d, _ = slice_of(origins()[number], size=(SIZE, SIZE), rescale=rescale)
    d.InstanceNumber, d.SOPInstanceUID = number, f"1.2.3.4.5.{number}"
    d.file_meta = FileMetaDataset()
    d.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    d.file_meta.MediaStorageSOPClassUID = d.SOPClassUID
    d.file_meta.MediaStorageSOPInstanceUID = d.SOPInstanceUID
    d.PixelData = picture().tobytes()
    d["PixelData"].VR = "OW"
    return d


def body(codec: str, folder: Path) -> tuple[str, bytes]:
    """Transfer syntax and the bytes of one slice's pixels."""
    if codec == "plain":
        return ExplicitVRLittleEndian, picture().tobytes()
    if codec == "jpegls":
        return JPEGLSLossless, JPEG_LS
    path = folder / f"{codec}.dcm"
    if codec == "rle":
        d = header(0)
        d.compress(RLELossless)
    else:
        decoder = itk.GDCMImageIO.New()
        decoder.SetCompressionType(getattr(itk.GDCMImageIOEnums, f"Compression_{codec.upper()}"))
        image = itk.image_from_array(picture()[None])
        writer = itk.ImageFileWriter[itk.Image[itk.US, 3]].New(
            Input=image, FileName=str(path), ImageIO=decoder
        )
        writer.UseCompressionOn()
        writer.Update()
        d = dcmread(path)
        path.unlink()
    return d.file_meta.TransferSyntaxUID, next(generate_frames(d.PixelData, number_of_frames=1))


def write(path: Path, number: int, syntax: str, content: bytes) -> None:
    d = header(number)
    plain = syntax == ExplicitVRLittleEndian
    d.PixelData = content if plain else encapsulate([content])
    d["PixelData"].VR = "OW" if plain else "OB"
    d["PixelData"].is_undefined_length = not plain
    d.file_meta.TransferSyntaxUID = syntax
    dcmwrite(path, d, enforce_file_format=True)


def decoded(path: Path):
    """Voxels ``(X, Y, 1)`` of one slice and an empty reason, or None and the reason."""
    try:
        return read_voxels(list(read_frames([path]))), ""
    except BrokenScanError as error:
        return None, str(error)


@pytest.mark.parametrize("codec", TOLD)
def test_a_flip_is_refused_where_the_codec_can_tell(codec, tmp_path):
    """Whatever bit it is, the slice keeps its shape or is refused by its name."""
    syntax, content = body(codec, tmp_path)
    path = tmp_path / "slice.dcm"
    write(path, 0, syntax, content)
    expected = picture().T[..., None] - 2024.0
    np.testing.assert_array_equal(decoded(path)[0], expected)
    bits = range(0, 8 * len(content), max(1, 8 * len(content) // 97))
    refused = 0
    for bit in bits:
        write(path, 0, syntax, flip_bit(content, bit))
        values, reason = decoded(path)
        assert values is None or values.shape == (SIZE, SIZE, 1)
        assert values is not None or "slice.dcm" in reason
        refused += values is None
        if codec == "plain":
            assert (values != expected).sum() == 1
    low, high = TOLD[codec]
    assert low <= refused / len(bits) <= high


@pytest.mark.parametrize("codec", TOLD)
@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_a_body_that_is_cut_off_is_refused(codec, share, tmp_path):
    """GDCM takes half an uncompressed body, and half a JPEG, and makes the rest up."""
    syntax, content = body(codec, tmp_path)
    write(tmp_path / "slice.dcm", 0, syntax, content[: int(len(content) * share) // 2 * 2])
    values, reason = decoded(tmp_path / "slice.dcm")
    assert values is None
    assert reason.startswith("cannot be read: ")
    assert "slice.dcm" in reason


@pytest.mark.parametrize("codec", TOLD)
@pytest.mark.parametrize("padding", [b"\0\0", b"\xff\xff"])
def test_padding_behind_the_pixels_does_not_matter(codec, padding, tmp_path):
    syntax, content = body(codec, tmp_path)
    write(tmp_path / "slice.dcm", 0, syntax, content + padding[len(content) % 2 :])
    values, _ = decoded(tmp_path / "slice.dcm")
    np.testing.assert_array_equal(values, picture().T[..., None] - 2024.0)


def test_the_scan_of_a_spoilt_slice_is_refused_by_that_slice(tmp_path):
    for number in range(SLICES):
        write(tmp_path / f"{number:03d}.dcm", number, JPEGLSLossless, JPEG_LS)
    (source,) = find_sources(tmp_path)
    assert read_ct(source).array.shape == (SIZE, SIZE, SLICES)
    refused = 0
    for bit in range(8 * 60, 8 * 160, 8 * 5):
        write(tmp_path / "003.dcm", 3, JPEGLSLossless, flip_bit(JPEG_LS, bit))
        try:
            read_ct(source)
        except BrokenScanError as error:
            refused += str(error) == "cannot be read: GDCM finds no pixels in 003.dcm"
    assert refused > 10
