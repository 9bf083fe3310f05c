"""What a file is, from its first tags: a slice of a scan, another object, or no DICOM."""

import pytest
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from medssl.sources.dicom.objects import DicomFile, examine
from odd_dicom import PLACES, origins, tags, write_series

ONE = origins(PLACES[:1])
SYNTAXES = (ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian)


def slice_in(folder, change=None, **how):
    write_series(folder, ONE, change=change, **how)
    return folder / "000.dcm"


@pytest.mark.parametrize("bare", [False, True])
@pytest.mark.parametrize("syntax", SYNTAXES)
def test_a_slice_is_known_in_every_syntax_with_preamble_and_without(tmp_path, syntax, bare):
    path = slice_in(tmp_path, syntax=syntax, bare=bare and syntax != ExplicitVRBigEndian)
    assert examine(path) == DicomFile(path, "1.2.3.4")


@pytest.mark.parametrize(
    ("change", "left_out"),
    [
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.128"}, ""),  # PET: refused when it is read
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.481.3"}, "RT Structure Set Storage"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"}, "Secondary Capture Image Storage"),
        ({"SamplesPerPixel": 3}, "an image in colours"),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}, "a localizer"),
        ({"ImageType": "DERIVED"}, ""),
    ],
)
def test_other_objects_are_left_out_by_what_they_are(tmp_path, change, left_out):
    path = slice_in(tmp_path, tags(**change))
    assert examine(path) == DicomFile(path, "1.2.3.4", left_out)


def test_an_index_of_files_is_passed_over(tmp_path):
    assert examine(slice_in(tmp_path, tags(SOPClassUID="1.2.840.10008.1.3.10"))) is None


@pytest.mark.parametrize("content", [b"", b"text", b"\x02", bytes(200), b"\x1f\x8b" + bytes(200)])
def test_what_is_no_dicom_is_none(tmp_path, content):
    (tmp_path / "a").write_bytes(content)
    assert examine(tmp_path / "a") is None


@pytest.mark.parametrize("length", range(132, 500, 23))
def test_a_file_that_is_cut_off_is_never_passed_over(tmp_path, length):
    path = slice_in(tmp_path)
    path.write_bytes(path.read_bytes()[:length])
    found = examine(path)
    assert found.left_out or found.series in ("", "1.2.3.4")
    assert "\n" not in found.left_out


def test_a_damaged_file_and_a_missing_one_are_said_why(tmp_path):
    path = slice_in(tmp_path)
    path.write_bytes(path.read_bytes()[:142])
    assert examine(path).left_out.startswith("damaged DICOM (Expected total bytes")
    gone = examine(tmp_path / "gone")
    assert gone == DicomFile(tmp_path / "gone", "", "cannot be opened (No such file or directory)")
