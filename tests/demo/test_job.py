"""What the demo cannot use is refused before anything is made."""

import json

import pytest

from medssl.demo import run_demo
from medssl.errors import UserError
from medssl.store.manifest import DATALIST
from medssl.store.splits import SPLITS
from tests.scans import save_nifti, small_ct


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A folder with one scan; phantoms are an error, as there is to be no need of them."""

    def fail(*_, **__):
        raise AssertionError("phantoms were asked for")

    monkeypatch.setattr("medssl.phantom.prepare_phantom", fail)
    save_nifti(tmp_path / "own" / "one.nii.gz", small_ct((40, 40, 40)))
    return tmp_path / "own"


def test_too_few_own_scans_are_told_ahead_of_the_phantoms(own, tmp_path):
    for count in (1, 2):
        expected = rf"own: {count} usable scan\(s\), the demo needs 3 or more; add"
        with pytest.raises(UserError, match=expected):
            run_demo(tmp_path / "out", own)
        save_nifti(own / f"{count}.nii.gz", small_ct((40, 40, 40), seed=count))
    with pytest.raises(AssertionError, match="phantoms were asked for"):
        run_demo(tmp_path / "out", own)
    listed = json.loads((tmp_path / "out" / "own_data" / "data_own" / DATALIST).read_text())
    assert [len(listed[split]) for split in SPLITS] == [1, 1, 1]


def test_a_prepared_folder_is_no_folder_of_scans(own, tmp_path):
    (own / DATALIST).write_text("{}")
    with pytest.raises(UserError, match="own: is a prepared folder; give the folder of the orig"):
        run_demo(tmp_path / "out", own)
    assert not (tmp_path / "out").exists()


def test_an_output_that_cannot_be_is_told(own, tmp_path):
    (tmp_path / "file").write_text("x")
    for data in (None, own):
        with pytest.raises(UserError, match="file: expected a folder; choose another name"):
            run_demo(tmp_path / "file", data)
