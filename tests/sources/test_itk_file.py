"""MetaImage and NRRD: where they say the voxels lie, and headers that ITK takes for granted."""

import re

import numpy as np
import pytest

from medssl.sources.itk_file import read_itk, read_itk_grid
from medssl.sources.scan import BrokenScanError

from ..scans import oblique_affine, small_ct
from .test_readers import RAS, only, save_itk


@pytest.mark.parametrize("suffix", [".mhd", ".nrrd"])
def test_oblique_direction_cosines(tmp_path, suffix):
    affine = oblique_affine()
    save_itk(tmp_path / f"a{suffix}", small_ct(), affine)
    np.testing.assert_allclose(only(tmp_path).affine, affine, atol=1e-4)


def test_truncated_raw_file_of_a_meta_image(tmp_path):
    save_itk(tmp_path / "a.mhd", small_ct((20, 20, 20)), RAS)
    raw = tmp_path / "a.raw"
    raw.write_bytes(raw.read_bytes()[:4000])
    with pytest.raises(BrokenScanError):
        only(tmp_path)


@pytest.mark.parametrize("suffix", [".mhd", ".mha", ".nrrd"])
def test_the_header_alone_gives_the_grid_of_the_voxels(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    save_itk(path, small_ct(), RAS)
    scan, (shape, affine) = read_itk(path), read_itk_grid(path)
    np.testing.assert_array_equal(scan.array, small_ct())
    assert shape == scan.array.shape
    np.testing.assert_array_equal(affine, scan.affine)
    np.testing.assert_allclose(affine, RAS)


def nrrd(path, **fields):
    """An NRRD of 2 x 3 x 4 voxels of 0.1 x 0.2 x 0.3, in LPS, with some fields changed."""
    header = {
        "type": "short",
        "dimension": "3",
        "space": "left-posterior-superior",
        "sizes": "2 3 4",
        "space directions": "(0.1,0,0) (0,0.2,0) (0,0,0.3)",
        "space origin": "(1,2,3)",
        "encoding": "raw",
        "endian": "little",
        **fields,
    }
    lines = [f"{name}: {value}" for name, value in header.items() if value]
    path.write_bytes("\n".join(["NRRD0005", *lines, "", ""]).encode() + bytes(48))
    return path


@pytest.mark.parametrize(
    ("units", "mm"), [("", 1), ('"mm" "mm" "mm"', 1), ('"cm" "cm" "CM"', 10), ('"m" "m" "m"', 1000)]
)
def test_lengths_are_in_the_header_s_unit(tmp_path, units, mm):
    path = nrrd(tmp_path / "a.nrrd", **{"space units": units})
    expected = np.diag([-0.1 * mm, -0.2 * mm, 0.3 * mm, 1])
    expected[:3, 3] = (-mm, -2 * mm, 3 * mm)
    np.testing.assert_allclose(read_itk_grid(path)[1], expected)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"space units": '"in" "in" "in"'}, "space units .*expected"),
        ({"space units": '"mm" "mm" "cm"'}, "space units .*expected"),
        ({"space": "scanner-xyz"}, "space is scanner-xyz: it does not say where left is"),
        ({"space": "", "space directions": "", "space origin": ""}, "no space directions"),
        (
            {
                "dimension": "4",
                "sizes": "3 2 3 4",
                "kinds": "vector domain domain domain",
                "space directions": "none (0.1,0,0) (0,0.2,0) (0,0,0.3)",
            },
            "3 values per voxel",
        ),
    ],
)
def test_what_says_no_place_is_refused(tmp_path, fields, words):
    with pytest.raises(BrokenScanError, match=words):
        read_itk_grid(nrrd(tmp_path / "a.nrrd", **fields))


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("", "no ElementSpacing"),
        ("ElementSpacing = 1 0 1", r"its voxel size is \[1\.0, 0\.0, 1\.0"),
    ],
)
def test_a_voxel_size_is_not_made_up(tmp_path, written, words):
    path = tmp_path / "a.mhd"
    save_itk(path, small_ct(), RAS)
    lines = path.read_text().splitlines()
    kept = [written if line.startswith("ElementSpacing") else line for line in lines]
    path.write_text("\n".join(line for line in kept if line) + "\n")
    with pytest.raises(BrokenScanError, match=words):
        read_itk_grid(path)


@pytest.mark.parametrize(
    ("suffix", "field", "count"),
    [
        (".mha", b"NDims = ", b"4294967296"),
        (".mha", b"NDims = ", b"-3"),
        (".nrrd", b"dimension: ", b"77"),
    ],
)
def test_a_number_of_axes_that_itk_has_no_room_for(tmp_path, suffix, field, count):
    """It wrote beyond its own memory."""
    path = tmp_path / f"a{suffix}"
    save_itk(path, small_ct(), RAS)
    path.write_bytes(path.read_bytes().replace(field + b"3", field + count))
    with pytest.raises(BrokenScanError, match=f"announces {count.decode()} axes"):
        only(tmp_path)


def test_a_field_that_itk_has_no_room_for(tmp_path):
    """It wrote beyond its own memory, too."""
    save_itk(tmp_path / "a.nrrd", small_ct(), RAS)
    content = (tmp_path / "a.nrrd").read_bytes()
    long = content.replace(b"space origin: ", b"space origin: " + b"x" * 5000)
    (tmp_path / "a.nrrd").write_bytes(long)
    with pytest.raises(BrokenScanError, match=r"space origin of 5,0.. characters"):
        only(tmp_path)


def test_the_name_of_a_voxel_file_that_is_a_page_long_is_cut(tmp_path):
    save_itk(tmp_path / "a.mhd", small_ct(), RAS)
    header = (tmp_path / "a.mhd").read_text()
    (tmp_path / "a.mhd").write_text(header.replace("a.raw", "x" * 900))
    with pytest.raises(BrokenScanError) as caught:
        only(tmp_path)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("suffix", [".mhd", ".mha"])
@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("DimSize", None, "its header has no DimSize"),
        ("ElementType", None, "its header has no ElementType"),
        ("ElementDataFile", None, "its header has no ElementDataFile"),
        ("DimSize", "", "its DimSize is '', expected 3 numbers"),
        ("DimSize", "24 20", "its DimSize is '24 20', expected 3 numbers"),
        ("DimSize", "a b c", "its DimSize is 'a b c', expected 3 numbers"),
    ],
)
def test_a_field_without_which_itk_looks_for_no_file(tmp_path, capfd, suffix, field, value, words):
    """It printed lines of its own, and that there was no such file."""
    path = tmp_path / f"a{suffix}"
    save_itk(path, small_ct(), RAS)
    line = re.compile(rb"^%s = .*\n" % field.encode(), re.MULTILINE)
    told = b"" if value is None else f"{field} = {value}\n".encode()
    content, count = line.subn(told, path.read_bytes())
    assert count == 1
    path.write_bytes(content)
    capfd.readouterr()
    with pytest.raises(BrokenScanError, match=f"cannot be read: {words}"):
        only(tmp_path)
    assert capfd.readouterr().err == ""
