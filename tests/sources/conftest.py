"""Folders of small scans, and of files of which only the names matter."""

import pytest

from ..scans import save_nifti, small_ct


@pytest.fixture
def folder(tmp_path):
    """Empty files do: only names matter here."""

    def make(*names):
        for name in names:
            path = tmp_path / "scans" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        return tmp_path / "scans"

    return make


@pytest.fixture
def source(tmp_path):
    """Six scans ``0.nii.gz`` to ``5.nii.gz``."""
    for number in range(6):
        save_nifti(tmp_path / "in" / f"{number}.nii.gz", small_ct((8, 8, 8), number))
    return tmp_path / "in"
