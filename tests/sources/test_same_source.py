"""A prepared folder belongs to one source, wherever that lies."""

import json
import shutil

import numpy as np
import pytest

from medssl.errors import UserError
from medssl.phantom import prepare_phantom
from medssl.sources import prepare_images, prepare_luna16
from medssl.store.lock import PREPARING

from ..scans import save_nifti, small_ct
from ..store.test_lock import holder  # noqa: F401
from .test_any_folder import prepare, snapshot

COUNT = 4


def make(folder, seeds=range(COUNT), suffix=".nii.gz"):
    for number, seed in enumerate(seeds):
        save_nifti(folder / f"case{number}{suffix}", small_ct((8, 8, 8), seed), np.eye(4))
    return folder


@pytest.fixture
def prepared(tmp_path):
    prepare(make(tmp_path / "a"), tmp_path / "out")
    return tmp_path / "out"


def test_other_scans_of_the_same_names_are_refused(tmp_path, prepared):
    before = snapshot(prepared)
    other = make(tmp_path / "b", range(10, 10 + COUNT))
    with pytest.raises(UserError, match=r"4 prepared volume.s. of the same names .*/a/case0\.nii"):
        prepare(other, prepared)
    assert snapshot(prepared) == before


@pytest.mark.parametrize("seeds", [(0, 1, 2, 3), (9, 1, 2, 3), (9, 1, 2, 8)])
def test_a_source_that_was_moved_is_the_same_one(tmp_path, prepared, seeds):
    """A corrected scan does not make it another."""
    shutil.rmtree(tmp_path / "a")
    manifest = prepare(make(tmp_path / "moved", seeds), prepared)
    assert [scan["id"] for scan in manifest["scans"]] == [f"case{n}" for n in range(COUNT)]


def test_a_source_in_another_format_is_the_same_one(tmp_path, prepared):
    manifest = prepare(make(tmp_path / "again", suffix=".nii"), prepared)
    assert {scan["source"] for scan in manifest["scans"]} == {f"case{n}.nii" for n in range(COUNT)}


def test_a_broken_scan_is_not_the_same(tmp_path, prepared):
    other = make(tmp_path / "b", [0, 9, 9, 9])
    (other / "case0.nii.gz").write_bytes(b"no scan")
    with pytest.raises(UserError, match="of the same names"):
        prepare(other, prepared, skip_broken=True)


def test_another_kind_of_source_is_refused_though_its_scans_are_the_same(tmp_path):
    """A preparation of LUNA16 leaves tables that one of any folder knows nothing of."""
    scans, out = tmp_path / "scans", tmp_path / "out"
    prepare_phantom(scans, scans=3, spacing=6, workers=1, negatives_per_scan=2)
    options = {"spacing": 6, "workers": 1, "fractions": (0.4, 0.3, 0.3)}
    prepare_luna16(scans, out, split="patients", **options)
    before = snapshot(out)
    assert json.loads((out / "manifest.json").read_text())["source"] == "luna16"
    with pytest.raises(UserError, match=r"holds what `medssl prepare luna16` wrote, images would"):
        prepare_images(scans, out, images="subset*/*.mhd", patients="each", **options)
    assert snapshot(out) == before
    prepare_luna16(scans, out, split="patients", **options)


@pytest.mark.parametrize("holder", [(PREPARING,)], indirect=True)
def test_a_folder_that_is_being_prepared_is_refused(tmp_path, holder):  # noqa: F811
    source = make(tmp_path / "a")
    with pytest.raises(UserError, match=f"is being prepared right now by process {holder.pid}"):
        prepare(source, tmp_path)
    assert not (tmp_path / "volumes").exists()
