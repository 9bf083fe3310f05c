"""Every format and every orientation of one volume is the same scan."""

import itertools

import itk
import nibabel as nib
import numpy as np
import pytest

from medssl.sources.readers import BrokenScanError, find_sources, read_source, suffix_of
from medssl.sources.resampling import prepare_image

from ..scans import save_nifti, small_ct

RAS = np.array([[0.75, 0, 0, -30], [0, 1.5, 0, 12], [0, 0, 2, 100], [0, 0, 0, 1.0]])


def save_itk(path, array, affine):
    """Write ``(X, Y, Z)`` voxels and an affine to RAS with ITK."""
    lps = np.diag([-1.0, -1, 1, 1]) @ affine
    spacing = np.linalg.norm(lps[:3, :3], axis=0)
    image = itk.image_from_array(np.ascontiguousarray(array.transpose(2, 1, 0)))
    image.SetSpacing([float(s) for s in spacing])
    image.SetOrigin([float(o) for o in lps[:3, 3]])
    image.SetDirection(itk.matrix_from_array(np.ascontiguousarray(lps[:3, :3] / spacing)))
    itk.imwrite(image, str(path))


def save_dicom(folder, array, affine, uid="1.2.826.1", patient="PAT 7", skip=(), packed=None):
    """Write an axial CT series whose file names are not in slice order."""
    folder.mkdir(parents=True, exist_ok=True)
    lps = np.diag([-1.0, -1, 1, 1]) @ affine
    spacing = np.linalg.norm(lps[:3, :3], axis=0)
    cosines = lps[:3, :3] / spacing
    count = array.shape[2]
    for z in set(range(count)) - set(skip):
        position = lps[:3, 3] + z * lps[:3, 2]
        image = itk.image_from_array(np.ascontiguousarray(array[:, :, z].T[None]))
        image.SetSpacing([float(s) for s in spacing])
        image.SetOrigin([float(p) for p in position])
        image.SetDirection(itk.matrix_from_array(np.ascontiguousarray(cosines)))
        tags = {
            "0008|0060": "CT",
            "0008|0018": f"{uid}.{z}",
            "0010|0020": patient,
            "0020|000d": "1.2.826",
            "0020|000e": uid,
            "0020|0013": str(count - z),
            "0020|0032": "\\".join(f"{p:g}" for p in position),
            "0020|0037": "\\".join(f"{c:g}" for c in cosines[:, :2].T.ravel()),
        }
        for key, value in tags.items():
            image.GetMetaDataDictionary()[key] = value
        io = itk.GDCMImageIO.New()
        io.KeepOriginalUIDOn()
        if packed is not None:
            io.SetCompressionType(packed)
            io.UseCompressionOn()
        name = str(folder / f"{uid}_{z * 7 % 97:03d}.dcm")
        writer = itk.ImageFileWriter.New(Input=image, FileName=name, ImageIO=io)
        writer.SetUseInputMetaDataDictionary(True)
        writer.SetUseCompression(packed is not None)
        writer.Update()


def turned(array, affine, axes, flips):
    """The same volume, stored with permuted and flipped axes."""
    turn = np.zeros((4, 4))
    turn[3, 3] = 1
    for new, old in enumerate(axes):
        turn[old, new] = -1 if flips[new] else 1
        turn[old, 3] = array.shape[old] - 1 if flips[new] else turn[old, 3]
    out = array.transpose(axes)
    return np.flip(out, [a for a in range(3) if flips[a]]), affine @ turn


def only(folder):
    """Read the single scan below a folder."""
    (source,) = find_sources(folder)
    return read_source(source)


def test_all_48_storage_orders_prepare_to_the_same_volume(tmp_path):
    array = small_ct((5, 6, 7))
    for axes in itertools.permutations(range(3)):
        for flips in itertools.product((False, True), repeat=3):
            other, affine = turned(array, RAS, axes, flips)
            save_nifti(tmp_path / "a.nii", other, affine)
            volume, _ = prepare_image(only(tmp_path), None)
            np.testing.assert_array_equal(volume.array, array)
            np.testing.assert_allclose(volume.affine, RAS, atol=1e-4)


@pytest.mark.parametrize("suffix", [".nii.gz", ".nii", ".mhd", ".mha", ".nrrd"])
@pytest.mark.parametrize("flips", [(False, False, False), (True, True, False), (True, False, True)])
def test_formats_agree(tmp_path, suffix, flips):
    array = small_ct((9, 8, 7), seed=3)
    other, affine = turned(array, RAS, (0, 1, 2), flips)
    save = save_nifti if suffix.startswith(".nii") else save_itk
    save(tmp_path / f"a{suffix}", other, affine)
    volume, _ = prepare_image(only(tmp_path), (1.0, 1.0, 1.0))
    save_nifti(tmp_path / "b" / "b.nii", array, RAS)
    expected, _ = prepare_image(only(tmp_path / "b"), (1.0, 1.0, 1.0))
    np.testing.assert_allclose(volume.affine, expected.affine, atol=1e-4)
    difference = np.abs(volume.array.astype(int) - expected.array)
    assert difference.max() <= 1  # float32 headers put a value on the other side of a half


def test_dicom_series(tmp_path):
    array = small_ct((9, 8, 7), seed=4)
    other, affine = turned(array, RAS, (0, 1, 2), (True, True, False))
    save_dicom(tmp_path / "p1" / "s", other, affine)
    scan = only(tmp_path)
    assert scan.patient == "PAT 7"
    volume, _ = prepare_image(scan, None)
    np.testing.assert_array_equal(volume.array, array)
    np.testing.assert_allclose(volume.affine, RAS, atol=1e-3)


@pytest.mark.parametrize("syntax", ["JPEG", "JPEG2000"])
def test_compressed_dicom(tmp_path, syntax):
    kind = getattr(itk.GDCMImageIOEnums, f"Compression_{syntax}")
    array = small_ct((32, 24, 5), seed=4)
    save_dicom(tmp_path, array, RAS, packed=kind)
    scan = only(tmp_path)
    np.testing.assert_array_equal(prepare_image(scan, None)[0].array, array)


def test_two_series_in_one_folder_are_two_scans(tmp_path):
    first, second = small_ct((6, 6, 4), seed=1), small_ct((7, 6, 5), seed=2)
    save_dicom(tmp_path / "p", first, np.eye(4), uid="1.2.3")
    save_dicom(tmp_path / "p", second, np.eye(4), uid="1.2.4")
    sources = find_sources(tmp_path)
    assert [source.name for source in sources] == ["p#1.2.3", "p#1.2.4"]
    assert [len(source.files) for source in sources] == [4, 5]


def test_missing_slice_is_found(tmp_path):
    save_dicom(tmp_path, small_ct((6, 6, 9)), np.eye(4), skip={4})
    with pytest.raises(BrokenScanError, match="slices are missing"):
        only(tmp_path)


def test_truncated_files(tmp_path):
    for suffix in (".nii.gz", ".nii", ".mha", ".nrrd"):
        path = tmp_path / suffix[1:] / f"a{suffix}"
        path.parent.mkdir()
        save = save_nifti if suffix.startswith(".nii") else save_itk
        save(path, small_ct((20, 20, 20)), RAS)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        with pytest.raises(BrokenScanError, match="cannot be read"):
            only(path.parent)


@pytest.mark.parametrize(
    ("array", "reason"),
    [
        (np.zeros((8, 8), np.int16), "not a volume"),
        (np.zeros((8, 8, 1), np.int16), "not a volume"),
        (np.zeros((8, 8, 8, 2), np.int16), "not a volume"),
        (np.zeros((8, 8, 8), np.complex64), "complex64"),
    ],
)
def test_what_is_no_volume(tmp_path, array, reason):
    save_nifti(tmp_path / "a.nii", array)
    with pytest.raises(BrokenScanError, match=reason):
        only(tmp_path)


def test_affine_without_inverse(tmp_path):
    image = nib.Nifti1Image(small_ct(), None)
    image.header.set_sform(np.diag([1, 1, 0, 1.0]), code=1)
    image.header.set_qform(np.eye(4), code=0)
    nib.save(image, tmp_path / "a.nii")
    with pytest.raises(BrokenScanError, match="no inverse"):
        only(tmp_path)


def test_trailing_axis_of_one_is_dropped(tmp_path):
    save_nifti(tmp_path / "a.nii.gz", small_ct()[..., None])
    assert only(tmp_path).array.shape == (12, 10, 8)


def test_hidden_and_other_files_are_passed_over(tmp_path):
    for name in (".a.nii.gz", "README", "b.raw", "c.txt"):
        (tmp_path / name).write_text("x")
    save_nifti(tmp_path / ".hidden" / "d.nii", small_ct())
    assert find_sources(tmp_path) == []


def test_suffixes(tmp_path):
    names = {"a.NII.GZ": ".NII.GZ", "a.b.nii": ".nii", "a.gz": "", "a.Mhd": ".Mhd", "nii": ""}
    assert {name: suffix_of(tmp_path / name) for name in names} == names
