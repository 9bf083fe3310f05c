"""A retry with other options leaves nothing behind, and nothing of others is removed."""

import json

import blosc2
import numpy as np
import pytest

from medssl.errors import UserError
from medssl.sources import prepare_images
from medssl.store import writing
from medssl.store.volume_file import FORMAT

from ..scans import save_nifti, small_ct
from .test_any_folder import PATTERNS, prepare


def stored(output):
    return sorted(path.relative_to(output).as_posix() for path in output.glob("*/*.b2nd"))


def told(manifest):
    return " ".join(manifest["summary"]["warnings"])


def test_a_retry_with_another_pattern_removes_the_first_try(scans, tmp_path):
    out = tmp_path / "out"
    prepare(scans, out, images="case*/ct.nii.gz", labels="case*/nodules.nii.gz")
    assert "volumes/3.b2nd" in stored(out)
    manifest = prepare(scans, out, **PATTERNS)
    assert stored(out) == [f"labels/case{i}.b2nd" for i in range(6)] + [
        f"volumes/case{i}.b2nd" for i in range(7)
    ]
    assert "removed 13 volume(s) of an earlier preparation" in told(manifest)
    assert "removed" not in told(prepare(scans, out, **PATTERNS))


def test_labels_that_are_no_longer_asked_for_go(scans, tmp_path):
    out = tmp_path / "out"
    prepare(scans, out, **PATTERNS)
    prepare(scans, out, images=PATTERNS["images"])
    assert stored(out) == [f"volumes/case{i}.b2nd" for i in range(7)]


def test_the_volume_of_a_scan_that_broke_goes(scans, tmp_path):
    out = tmp_path / "out"
    prepare(scans, out, **PATTERNS)
    save_nifti(scans / "case2" / "ct.nii.gz", small_ct() * 0)
    prepare(scans, out, skip_broken=True, **PATTERNS)
    assert "volumes/case2.b2nd" not in stored(out)
    assert "labels/case2.b2nd" not in stored(out)


def test_files_of_others_are_never_removed(scans, tmp_path):
    out = tmp_path / "out"
    prepare(scans, out, **PATTERNS)
    (out / "volumes" / "notes.txt").write_text("mine")
    (out / "other.b2nd").write_bytes(b"mine")
    prepare(scans, out, **PATTERNS)
    assert (out / "volumes" / "notes.txt").read_text() == "mine"
    (out / "volumes" / "mine.b2nd").write_bytes(b"mine")
    lines = told(prepare(scans, out, images="case*/ct.nii.gz"))
    assert "left alone, as medssl did not write it: volumes/mine.b2nd" in lines
    assert "removed 13" in lines
    blosc2.asarray(np.zeros(8), urlpath=str(out / "labels" / "theirs.b2nd"), mode="w")
    prepare(scans, out, images="case*/ct.nii.gz")
    assert (out / "volumes" / "mine.b2nd").read_bytes() == b"mine"
    assert (out / "labels" / "theirs.b2nd").is_file()


def test_a_failed_preparation_removes_nothing(scans, tmp_path):
    out = tmp_path / "out"
    prepare(scans, out, **PATTERNS)
    before = stored(out)
    (scans / "case0" / "ct.nii.gz").write_bytes(b"damaged")
    with pytest.raises(UserError, match="unusable"):
        prepare(scans, out, images="case0/*.nii.gz", patients="each")
    assert stored(out) == before


def test_a_damaged_volume_that_the_old_manifest_names_is_ours(scans, tmp_path):
    out = tmp_path / "out"
    prepare(scans, out, images="case*/ct.nii.gz")
    (out / "volumes" / "3.b2nd").write_bytes(b"cut short")
    prepare(scans, out, **PATTERNS)
    assert "volumes/3.b2nd" not in stored(out)


def test_another_data_set_is_not_replaced(scans, tmp_path):
    out = tmp_path / "out"
    prepare(scans, out, **PATTERNS)
    before = stored(out)
    save_nifti(tmp_path / "others" / "x.nii.gz", small_ct(seed=90))
    with pytest.raises(UserError, match=r"holds 7 prepared volume\(s\) of other scans"):
        prepare(tmp_path / "others", out)
    assert stored(out) == before


def test_an_older_store_is_written_anew_and_named(scans, tmp_path, monkeypatch):
    out = tmp_path / "out"
    with monkeypatch.context() as old:
        old.setattr(writing, "FORMAT", 1)
        prepare(scans, out, **PATTERNS)
    manifest = json.loads((out / "manifest.json").read_text())
    (out / "manifest.json").write_text(json.dumps({**manifest, "medssl": "0.0.7"}))
    lines = told(prepare(scans, out, **PATTERNS))
    assert "13 volume(s) were of medssl 0.0.7 (store format 1)" in lines
    assert f"format {FORMAT}" in lines
    assert "0.0.7" not in told(prepare(scans, out, **PATTERNS))


def test_a_newer_store_is_left_alone(scans, tmp_path, monkeypatch):
    out = tmp_path / "out"
    with monkeypatch.context() as newer:
        newer.setattr(writing, "FORMAT", 99)
        prepare(scans, out, **PATTERNS)
    with pytest.raises(UserError, match=r"prepared by a newer medssl .*store format 99.*update"):
        prepare(scans, out, **PATTERNS)


def test_ids_that_differ_in_letter_case_only(tmp_path):
    for name in ("Anna/ct", "anna/ct"):
        save_nifti(tmp_path / "in" / f"{name}.nii.gz", small_ct(seed=len(name)))
    with pytest.raises(UserError, match="Anna and anna differ only in the case"):
        prepare_images(tmp_path / "in", tmp_path / "out", images="*/ct.nii.gz")
    save_nifti(tmp_path / "e" / "case.nii.gz", small_ct())
    with pytest.raises(UserError, match=r"last \* matches nothing in case\.nii\.gz"):
        prepare_images(tmp_path / "e", tmp_path / "out", images="case*.nii.gz")


def test_long_names_that_differ_in_the_middle_stay_apart(tmp_path):
    for middle in "ab":
        name = "/".join(["x" * 90, middle * 90, "y" * 90])
        save_nifti(tmp_path / "in" / f"{name}.nii.gz", small_ct(seed=ord(middle)))
    manifest = prepare(tmp_path / "in", tmp_path / "out")
    ids = [scan["id"] for scan in manifest["scans"]]
    assert len(set(ids)) == 2
    assert max(map(len, ids)) <= 200
    again = prepare(tmp_path / "in", tmp_path / "out")
    assert [scan["id"] for scan in again["scans"]] == ids
