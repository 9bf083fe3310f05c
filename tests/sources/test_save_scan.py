"""Results: where the scan lies, under the scan's name, whole or not at all."""

import subprocess
import sys

import nibabel as nib
import numpy as np
import pytest
import torch
from monai.data import MetaTensor
from monai.transforms import SaveImaged

from medssl.errors import UserError
from medssl.sources import SaveScand

from ..scans import oblique_affine


def result(channels=1, name="a/b.c"):
    image = torch.rand(channels, 5, 6, 7)
    return {
        "pred": MetaTensor(image, affine=torch.from_numpy(oblique_affine()), meta={"name": name})
    }


@pytest.mark.parametrize("channels", [1, 3])
def test_it_reads_back(tmp_path, channels):
    data = result(channels)
    SaveScand("pred", tmp_path / "new", "restored", torch.float32)(data)
    image = nib.load(tmp_path / "new" / "a" / "b.c_restored.nii.gz")
    expected = data["pred"].numpy()
    expected = expected[0] if channels == 1 else np.moveaxis(expected, 0, -1)
    assert np.array_equal(np.asarray(image.dataobj), expected)
    np.testing.assert_allclose(image.affine, oblique_affine(), atol=1e-6)
    assert image.header.get_xyzt_units()[0] == "mm"


def test_a_mask_is_of_bytes(tmp_path):
    data = result()
    data["pred"] = (data["pred"] > 0.5).float()
    SaveScand("pred", tmp_path, "seg")(data)
    image = nib.load(tmp_path / "a" / "b.c_seg.nii.gz")
    assert image.get_data_dtype() == np.uint8
    assert np.array_equal(np.asarray(image.dataobj), data["pred"][0].numpy())


def test_without_a_postfix_the_name_is_the_scans_which_is_spared(tmp_path):
    data = result(name="case_001")
    SaveScand("pred", tmp_path / "masks", "")(data)
    assert [path.name for path in (tmp_path / "masks").iterdir()] == ["case_001.nii.gz"]
    scan = tmp_path / "case_001.nii.gz"
    scan.write_bytes(b"scan")
    data["pred"].meta["filename_or_obj"] = str(scan)
    with pytest.raises(UserError, match=r"would replace its scan; choose another --output_dir"):
        SaveScand("pred", tmp_path, "")(data)
    assert scan.read_bytes() == b"scan"


def test_nothing_half_written_is_left(tmp_path, monkeypatch):
    def full(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", full)
    with pytest.raises(UserError, match="cannot be written: No space left"):
        SaveScand("pred", tmp_path, "seg")(result())
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_monai_label_knows_it_by_its_kind():
    """It writes results itself and leaves ``SaveImaged`` out."""
    assert issubclass(SaveScand, SaveImaged)


def test_a_label_value_beyond_a_byte_is_kept(tmp_path):
    data = result()
    data["pred"] = (data["pred"] > 0.5).float() * 300
    SaveScand("pred", tmp_path, "seg", torch.uint8)(data)
    image = nib.load(tmp_path / "a" / "b.c_seg.nii.gz")
    assert image.get_data_dtype() == np.uint16
    assert np.array_equal(np.asarray(image.dataobj), data["pred"][0].numpy())


def test_a_folder_that_is_taken_away_meanwhile_does_not_come_back_with_the_rest(tmp_path):
    save = SaveScand("pred", tmp_path / "masks", "")
    save(result(name="first"))
    (tmp_path / "masks").rename(tmp_path / "away")
    with pytest.raises(UserError, match=r"masks: gone, removed or moved away while"):
        save(result(name="second"))
    assert not (tmp_path / "masks").exists()


def test_what_a_killed_process_left_is_removed(tmp_path):
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    stale = tmp_path / "a" / f".b.c.nii.gz.{ended.pid}.tmp"
    stale.parent.mkdir()
    stale.write_bytes(b"half")
    SaveScand("pred", tmp_path, "")(result())
    assert [path.name for path in stale.parent.iterdir()] == ["b.c.nii.gz"]
