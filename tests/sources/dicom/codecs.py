"""One small slice under each codec, its pixels written byte by byte."""

import base64
from pathlib import Path

import itk
import numpy as np
from pydicom import Dataset, dcmread, dcmwrite
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import ExplicitVRLittleEndian, JPEGLSLossless, RLELossless

from medssl.sources.dicom.frames import read_frames
from medssl.sources.dicom.pixels import read_voxels
from medssl.sources.scan import BrokenScanError
from odd_dicom import origins, slice_of

SIZE = 16
# ``picture()`` as CharLS encodes it; no library of ours writes JPEG-LS.
JPEG_LS = base64.b85decode(
    "|JeWc01FEM5C9MX0TBTI+5iXv0RR91000000LIdd$`Vm!QfB!xs#URcu#;j$mvt;MLu%AmsELAw3A+02ZucLIh#n"
    "+lxiX3Rt(l*(EnAmyvoAWzh{7jC?CXyS7b3GV={8WEQ*uQXano!NO>qtS{<N_skvzPfQGTk5c_y++IzaRxmHbyp"
    "rj1v-pU-I}1f$5Q#WDYRnY+dcrP8XB$G&Cc<ycOGB9PkCVZ2&l@{$WAl0*zncQcTaP&I8SMV+e<O600rwxdiaaK"
    "y0zKA7=}94Ct`nE%-"
)
CODECS = ("plain", "rle", "jpeg", "jpeg2000", "jpegls")


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
