"""What is noted of files tells whether they are still the same."""

import gzip
import os
import shutil

import numpy as np
import pytest

from medssl.errors import UserError
from medssl.sources import data_set as data_set_module
from medssl.sources.pairing import find_cases
from medssl.sources.shard_files import is_same_source, source_mark

from ..scans import save_nifti, small_ct
from .sharded import files, replaced


@pytest.mark.parametrize("name", ["ct", "nodules"])
def test_files_that_hold_something_else_since_are_prepared_anew(name, scans, images, inside):
    inside("parts")
    images(shard="1/1")
    changed = scans / "case1" / f"{name}.nii.gz"
    replaced(changed, lambda values: values * 0 + 1)
    with pytest.raises(UserError, match="1 of 1 shards have not been prepared to their end with"):
        images(shard="merge/1")


def test_files_that_were_only_touched_count(scans, images, inside):
    inside("parts")
    images(shard="1/1")
    for path in (scans / "case1").iterdir():
        os.utime(path, ns=(1, 1))
    images(shard="merge/1")


def test_a_broken_scan_that_was_mended_is_not_left_out(scans, images, inside):
    inside("parts")
    images(shard="1/1")
    (scans / "broken" / "ct.nii.gz").write_bytes((scans / "case0" / "ct.nii.gz").read_bytes())
    with pytest.raises(UserError, match="have not been prepared"):
        images(shard="merge/1")


def test_a_file_replaced_while_its_shard_runs_is_looked_at_again(
    scans, images, inside, monkeypatch
):
    def run(*given):
        outcomes = prepared(*given)
        replaced(scans / "case1" / "ct.nii.gz", lambda values: values * 0 + 1)
        return outcomes

    prepared = data_set_module._run
    monkeypatch.setattr(data_set_module, "_run", run)
    inside("parts")
    images(shard="1/1")
    with pytest.raises(UserError, match="have not been prepared"):
        images(shard="merge/1")


def cut(path, _other):
    path.write_bytes(path.read_bytes()[:-100])


def turned_over(path, _other):
    """One bit, in place: its size stays."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def anothers(path, other):
    shutil.copyfile(other, path)


def removed(path, _other):
    path.unlink()


@pytest.mark.parametrize("place", ["volumes", "labels"])
@pytest.mark.parametrize("harm", [cut, turned_over, anothers, removed])
def test_a_volume_that_is_not_what_was_written_is_noticed_and_written_anew(
    harm, place, images, inside
):
    whole = inside("whole")
    images()
    parts = inside("parts")
    images(shard="1/1")
    harm(parts / place / "case1.b2nd", parts / place / "case5.b2nd")
    with pytest.raises(UserError, match=r"1 of 1 shards have not .* --shard 1/1$"):
        images(shard="merge/1")
    images(shard="1/1")
    images(shard="merge/1")
    assert files(parts) == files(whole)


def test_volumes_that_were_copied_without_their_times_count(images, inside):
    parts = inside("parts")
    images(shard="1/1")
    for path in parts.glob("*/*.b2nd"):
        os.utime(path, ns=(1, 1))
    images(shard="merge/1")


def test_a_merge_opens_no_volume_that_is_as_it_was_written(images, inside, monkeypatch):
    inside("parts")
    images(shard="1/1")
    monkeypatch.setattr("medssl.store.volume_file._open", None)
    images(shard="merge/1")


def with_times_of(paths, time=1_600_000_000_000_000_000):
    for path in paths:
        os.utime(path, ns=(time, time))


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_sources_of_equal_names_sizes_and_times_do_not_mix(suffix, tmp_path, inside):
    """As archives of fixed times unpack them; incompressible, so that packed sizes are equal."""
    for folder, seed in (("one", 0), ("other", 10)):
        for number in range(4):
            noise = np.random.default_rng(seed + number).integers(-999, 999, (16, 16, 16))
            path = save_nifti(tmp_path / folder / f"{number}.nii", noise.astype(np.int16))
            if suffix == ".nii.gz":
                packed = gzip.compress(path.read_bytes(), 0, mtime=0)
                path.with_suffix(suffix).write_bytes(packed)
                path.unlink()
        with_times_of((tmp_path / folder).iterdir())
    sizes = [[p.stat().st_size for p in sorted((tmp_path / n).iterdir())] for n in ("one", "other")]
    assert sizes[0] == sizes[1]
    one, other = (find_cases(tmp_path / name) for name in ("one", "other"))
    for case, alike in zip(one, other, strict=True):
        assert is_same_source(case, source_mark(case))
        assert not is_same_source(case, source_mark(alike))


def test_the_same_scans_at_another_place_are_the_same(tmp_path):
    save_nifti(tmp_path / "one" / "0.nii", small_ct())
    shutil.copytree(tmp_path / "one", tmp_path / "mounted")
    (one,), (mounted,) = (find_cases(tmp_path / name) for name in ("one", "mounted"))
    assert is_same_source(mounted, source_mark(one))
    with_times_of([mounted.image.path])
    assert not is_same_source(mounted, source_mark(one))  # they have to be read


@pytest.mark.parametrize("size", [0, 1, 4095, 4096, 4097, 9000, 100_000])
def test_the_ends_and_the_middle_of_a_file_are_looked_at(size, tmp_path):
    path = tmp_path / "one" / "scan.nii"
    path.parent.mkdir()
    content = bytearray(size)
    path.write_bytes(content)
    with_times_of([path])
    (case,) = find_cases(path.parent)
    mark = {"samples": source_mark(case)["samples"]}
    for place in {0, size // 2, size - 1} if size else ():
        content[place] ^= 1
        path.write_bytes(content)
        with_times_of([path])
        assert not is_same_source(case, mark)
        content[place] ^= 1
    path.write_bytes(content)
    with_times_of([path])
    assert is_same_source(case, mark)
