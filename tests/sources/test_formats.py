"""Headers of MetaImage and NRRD: their fields, their voxel files, where their voxels start."""

from pathlib import Path

import pytest

from medssl.sources.formats import fields_of, files_of, start_of_voxels, suffix_of


@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        *(("a.nii", ".nii"), ("a.NII.gz", ".NII.gz"), ("a.b.mha", ".mha"), ("x.Hdr.GZ", ".Hdr.GZ")),
        *(("nii", ""), ("a.dcm", ""), ("a.nii.bz2", ""), (".nrrd", ".nrrd"), ("a.nii.gz.tmp", "")),
    ],
)
def test_suffixes_keep_their_spelling(name, suffix):
    assert suffix_of(Path("folder.nii") / name) == suffix


def write(folder, name, text, voxels=b""):
    path = folder / name
    path.write_bytes(text.encode() + voxels)
    return path


MHD = "NDims = 3\r\nElementSpacing = 1 2 3\r\nElementDataFile = {}\r\n"


@pytest.mark.parametrize(
    ("named", "files"),
    [
        ("a.raw", ["a.raw"]),
        ("slice%03d.raw 1 3 1", ["slice001.raw", "slice002.raw", "slice003.raw"]),
        ("s%d.raw 4 0 -2 2", ["s4.raw", "s2.raw", "s0.raw"]),
        ("my scan.raw", ["my scan.raw"]),
        ("LOCAL", []),
        ("Local", []),
        ("LIST\r\nx.raw\r\n\r\ny 1.raw", ["x.raw", "y 1.raw"]),
        ("s%d.raw 1 3 0", []),
    ],
)
def test_voxel_files_that_a_header_names(named, files, tmp_path):
    path = write(tmp_path, "a.mhd", MHD.format(named))
    assert files_of(path) == (path, *(tmp_path / name for name in files))


def test_other_formats_have_the_files_of_their_kind(tmp_path):
    path = write(tmp_path, "a.nhdr", "NRRD0004\ntype: short\ndata file: b c.raw\n")
    assert files_of(path) == (path, tmp_path / "b c.raw")
    assert files_of(tmp_path / "a.HDR") == (tmp_path / "a.HDR", tmp_path / "a.IMG")
    assert files_of(tmp_path / "a.hdr.gz") == (tmp_path / "a.hdr.gz", tmp_path / "a.img.gz")
    assert files_of(tmp_path / "a.nii") == (tmp_path / "a.nii",)
    assert files_of(tmp_path / "gone.mhd") == (tmp_path / "gone.mhd",)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_voxels_that_look_like_a_header_are_none(end, tmp_path):
    """Voxels start right behind the header, whatever bytes they hold."""
    voxels = b"\n\n\r\nElementDataFile = x.raw\nspacing: 9\n"
    mha = f"NDims = 3{end}ElementDataFile = LOCAL{end}"
    path = write(tmp_path, "a.mha", mha, voxels)
    assert path.read_bytes()[start_of_voxels(path) :] == voxels
    assert files_of(path) == (path,)
    assert fields_of(path) == {"ndims": "3", "elementdatafile": "LOCAL"}
    nrrd = f"NRRD0004{end}type: short{end}{end}"
    path = write(tmp_path, "a.nrrd", nrrd, voxels)
    assert path.read_bytes()[start_of_voxels(path) :] == voxels
    assert fields_of(path) == {"type": "short"}


def test_fields_are_read_in_both_spellings(tmp_path):
    assert fields_of(write(tmp_path, "a.mhd", MHD.format("a.raw")))["elementspacing"] == "1 2 3"
    text = "NRRD0005\n# note\nspace directions: (1,0,0) (0,1,0)\nkey:=value: x\n"
    found = fields_of(write(tmp_path, "a.nrrd", text))
    assert found == {"space directions": "(1,0,0) (0,1,0)"}, "own keys of a user are no fields"
