"""Many processes prepare one folder: together they write what one alone writes, byte for byte."""

import multiprocessing
import os
import random
import signal
from functools import partial

import numpy as np
import pytest

from medssl.errors import UserError
from medssl.sources import cases as cases_module
from medssl.sources import prepare_images, prepare_luna16
from medssl.sources.shards import Shard, read_shard

from ..scans import save_nifti, small_ct
from .sharded import files, in_shards, lidc, listed, liver, luna16


@pytest.mark.parametrize("count", [1, 2, 3, 7, 20])
def test_shards_write_what_one_process_writes(count, images, inside):
    whole = inside("whole")
    images()
    parts = inside("parts")
    in_shards(images, count, count)
    assert files(parts) == files(whole)
    assert {"manifest.json", "datalist.json", "datalist_fold1.json"} <= files(parts).keys()


@pytest.mark.parametrize("count", [1, 2, 3, 40])
def test_each_case_is_one_shards_and_the_shares_are_alike(count):
    names = [f"case{number}" for number in random.Random(1).sample(range(1000), 100)]
    shares = [Shard(number, count).share(names) for number in range(1, count + 1)]
    assert sorted(name for share in shares for name in share) == sorted(names)
    assert max(map(len, shares)) - min(map(len, shares)) <= 1
    assert shares == [Shard(n, count).share(reversed(names)) for n in range(1, count + 1)]


def test_channels_of_a_case_are_prepared_by_one_shard(inside, tmp_path):
    for case in range(5):
        for channel in "ab":
            scan = small_ct(seed=case).astype(np.float32) + (5 if channel == "b" else 0)
            save_nifti(tmp_path / "in" / f"p{case}" / f"{channel}.nii.gz", scan)
    save_nifti(tmp_path / "in" / "p4" / "b.nii.gz", small_ct((8, 8, 8)))  # on another grid
    globs = {"images": "a=*/a.nii.gz,b=*/b.nii.gz", "modality": "mr", "skip_broken": True}
    prepare = partial(prepare_images, tmp_path / "in", "out", workers=1, **globs)
    whole = inside("whole")
    prepare()
    parts = inside("parts")
    in_shards(prepare, 3)
    assert files(parts) == files(whole)
    assert "channels on different grids" in (parts / "manifest.json").read_text()


@pytest.mark.parametrize("source", [luna16, liver, listed, lidc])
def test_so_do_those_of_published_data_sets_with_their_tables_and_masks(source, inside, tmp_path):
    prepare = partial(source(tmp_path / "in"), "out", workers=1)
    whole = inside("whole")
    prepare()
    parts = inside("parts")
    in_shards(prepare, 3)
    # Volumes note when their masks were written, which for LIDC was just now; the lists hold the
    # hashes of their voxels.
    one, other = (
        {n: c for n, c in files(out).items() if "b2nd" not in n} for out in (whole, parts)
    )
    assert one == other


def test_all_of_them_at_once(images, inside):
    whole = inside("whole")
    images()
    parts = inside("parts")
    context = multiprocessing.get_context("fork")
    jobs = [context.Process(target=images, kwargs={"shard": f"{n}/4"}) for n in range(1, 5)]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join(120)
    assert [job.exitcode for job in jobs] == [0] * 4
    images(shard="merge/4")
    assert files(parts) == files(whole)


def killed(prepare):
    """Prepare as a process that is killed after three files, while it writes the next."""
    written = []
    write = cases_module.write_volume

    def die(path, *rest):
        if len(written) == 3:
            (path.parent / f".{path.name}.{os.getpid()}.tmp").write_bytes(b"half")
            os.kill(os.getpid(), signal.SIGKILL)
        written.append(path)
        write(path, *rest)

    cases_module.write_volume = die
    prepare()


def test_a_killed_shard_is_named_by_the_merge_and_run_again(images, inside):
    whole = inside("whole")
    images()
    parts = inside("parts")
    job = multiprocessing.get_context("fork").Process(
        target=killed, args=(partial(images, shard="2/3"),)
    )
    job.start()
    job.join(120)
    assert job.exitcode == -signal.SIGKILL
    assert list(parts.glob("*/.*.tmp"))
    images(shard="1/3")
    with pytest.raises(UserError, match=r"^out: 2 of 3 shards have not .* --shard 2/3, 3/3$"):
        images(shard="merge/3")
    images(shard="3/3")
    with pytest.raises(UserError, match=r"^out: 1 of 3 shards have not .* --shard 2/3$") as caught:
        images(shard="merge/3")
    assert "\n" not in str(caught.value)
    images(shard="2/3")
    images(shard="merge/3")
    assert files(parts) == files(whole)


def test_half_written_files_of_other_shards_are_left_alone(images, inside):
    """Their processes may be on another machine, where their numbers are unknown."""
    out = inside("parts")
    (out / "volumes").mkdir(parents=True)
    half = [out / "volumes" / f".case{n}.b2nd.999999999.tmp" for n in range(7)]
    for path in half:
        path.write_bytes(b"half")
    images(shard="1/3")
    assert 0 < sum(path.is_file() for path in half) < 7
    for shard in ("2/3", "3/3"):
        images(shard=shard)
    assert not any(path.is_file() for path in half)


@pytest.mark.parametrize("text", ["0/4", "5/4", "3", "3/0", "a/4", "merge", "3/40/2", "-1/4", 3])
def test_a_shard_that_is_none_is_refused(text):
    with pytest.raises(UserError, match=f"^shard: {text!r}, expected K/N with K from 1 to N"):
        read_shard(text)


def test_shards_do_not_fetch(tmp_path):
    with pytest.raises(UserError, match="download: shards would all fetch the same files"):
        prepare_luna16(tmp_path, tmp_path / "out", download=True, shard="1/2")
    assert read_shard(None, download=True) is None
