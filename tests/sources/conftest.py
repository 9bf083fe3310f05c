"""Folders of small scans, and of files of which only the names matter."""

from functools import partial

import pytest

from medssl.sources import prepare_images

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


@pytest.fixture
def inside(tmp_path, monkeypatch):
    """Each preparation writes ``out`` in a folder of its own: lists name the folder."""

    def enter(name):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        return tmp_path / name / "out"

    return enter


@pytest.fixture
def images(scans):
    """A function that prepares: scans with and without labels, one of them twice, one broken."""
    content = (scans / "case0" / "ct.nii.gz").read_bytes()
    for name, hold in (("twin", content), ("broken", b"no scan")):
        (scans / name).mkdir()
        (scans / name / "ct.nii.gz").write_bytes(hold)
    patterns = {"images": "*/ct.nii.gz", "labels": "*/nodules.nii.gz"}
    options = {**patterns, "skip_broken": True, "patients": "each", "folds": 2}
    return partial(prepare_images, scans, "out", spacing=2, workers=1, **options)
