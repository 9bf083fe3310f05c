"""Many processes prepare one folder: together they write what one alone writes, byte for byte."""

import json
import multiprocessing
import os
import random
import signal
from functools import partial

import nibabel as nib
import numpy as np
import pytest

from medssl.errors import UserError
from medssl.sources import cases as cases_module
from medssl.sources import data_set as data_set_module
from medssl.sources import (
    prepare_images,
    prepare_lidc,
    prepare_listed,
    prepare_liver,
    prepare_luna16,
)
from medssl.sources.shards import Shard, read_shard
from medssl.store import load_datalist

from ..scans import save_nifti, small_ct
from .lidc.published import READERS, UIDS, save_scans, save_xml
from .test_listed_sets import nnunet
from .test_liver import lits
from .test_luna16 import tiny

PATTERNS = {"images": "*/ct.nii.gz", "labels": "*/nodules.nii.gz"}


def files(folder):
    """What is in a folder, the locks of it being prepared aside."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


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
    options = {**PATTERNS, "skip_broken": True, "patients": "each", "folds": 2}
    return partial(prepare_images, scans, "out", spacing=2, workers=1, **options)


def in_shards(prepare, count, seed=0):
    """All shards one after the other in any order, then the merge."""
    numbers = list(range(1, count + 1))
    random.Random(seed).shuffle(numbers)
    for number in numbers:
        prepare(shard=f"{number}/{count}")
    return prepare(shard=f"merge/{count}")


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


def luna16(folder):
    return partial(prepare_luna16, tiny(folder))


def liver(folder):
    return partial(prepare_liver, "lits", lits(folder))


def listed(folder):
    return partial(prepare_listed, "nnunet", nnunet(folder, "CT", 4))


def lidc(folder):
    annotations = save_xml(folder / "xml", dict.fromkeys(UIDS, READERS))
    return partial(prepare_lidc, save_scans(folder / "scans"), annotations)


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


def test_what_was_prepared_otherwise_or_is_gone_does_not_count(images, inside):
    out = inside("parts")
    for shard in ("1/2", "2/2"):
        images(shard=shard)
    images(shard="1/2", spacing=3)
    with pytest.raises(UserError, match=r"with these options and scans; .* --shard 1/2$"):
        images(shard="merge/2")
    images(shard="1/2")
    next((out / "labels").glob("case1*")).unlink()
    with pytest.raises(UserError, match="1 of 2 shards"):
        images(shard="merge/2")


def test_scans_may_come_and_go_between_shards_and_merge(scans, images, inside):
    out = inside("parts")
    for shard in ("1/2", "2/2"):
        images(shard=shard)
    save_nifti(scans / "case9" / "ct.nii.gz", small_ct(seed=9))
    with pytest.raises(UserError, match=r"1 of 2 shards .* --shard 1/2$"):
        images(shard="merge/2")
    (scans / "case9" / "ct.nii.gz").unlink()
    (scans / "broken" / "ct.nii.gz").unlink()
    (scans / "case3" / "ct.nii.gz").unlink()
    (scans / "case3" / "nodules.nii.gz").unlink()
    images(shard="merge/2", skip_broken=False)
    assert not (out / "volumes" / "case3.b2nd").exists()
    manifest = json.loads((out / "manifest.json").read_text())
    assert [scan["id"] for scan in manifest["scans"]] == [*(f"case{n}" for n in "012456"), "twin"]


def test_a_shard_names_its_own_broken_scans_and_the_merge_may_leave_them_out(images, inside):
    inside("parts")
    strict = partial(images, skip_broken=False)
    with pytest.raises(UserError, match=r"1 unusable scan\(s\): broken/ct.nii.gz: .*skip-broken"):
        strict(shard="1/2")  # the first by name
    strict(shard="2/2")
    with pytest.raises(UserError, match=r"1 unusable scan\(s\): broken/ct.nii.gz"):
        strict(shard="merge/2")
    images(shard="merge/2")


def test_one_process_alone_may_end_what_shards_began(images, inside):
    whole = inside("whole")
    images()
    parts = inside("parts")
    images(shard="2/3")
    images()
    assert files(parts) == files(whole)


def test_a_shard_says_what_comes_next_and_training_waits_for_it(images, inside, capsys):
    out = inside("parts")
    images(shard="1/2")
    assert capsys.readouterr().out == (
        "shard 1/2: 4 of its 5 scans are prepared in out; when all shards are, run the same "
        "command with --shard merge/2\n"
    )
    with pytest.raises(UserError, match=r"shards of a preparation are here.* --shard merge/N"):
        load_datalist(out, "training")
    with pytest.raises(UserError, match="2 of 2 shards have not"):
        partial(images, spacing=1)(shard="merge/2")


@pytest.mark.parametrize("text", ["0/4", "5/4", "3", "3/0", "a/4", "merge", "3/40/2", "-1/4", 3])
def test_a_shard_that_is_none_is_refused(text):
    with pytest.raises(UserError, match=f"^shard: {text!r}, expected K/N with K from 1 to N"):
        read_shard(text)


def test_shards_do_not_fetch(tmp_path):
    with pytest.raises(UserError, match="download: shards would all fetch the same files"):
        prepare_luna16(tmp_path, tmp_path / "out", download=True, shard="1/2")
    assert read_shard(None, download=True) is None


def replaced(path, change):
    """The scan or mask of a file with other voxels, under the same name."""
    scan = nib.load(path)
    values = change(np.asarray(scan.dataobj))
    nib.save(nib.Nifti1Image(values.astype(scan.get_data_dtype()), scan.affine), path)


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


def test_shards_of_lidc_with_other_masks_are_no_part(inside, tmp_path):
    inside("parts")
    prepare = partial(lidc(tmp_path / "in"), "out", workers=1)
    prepare(shard="1/1", min_readers=4)
    with pytest.raises(UserError, match="have not been prepared"):
        prepare(shard="merge/1", min_readers=1)


def test_shards_of_another_count_make_those_before_worthless(images, inside):
    parts = inside("parts")
    for number in (1, 2):
        images(shard=f"{number}/2")
    images(shard="1/3", spacing=1)
    assert [path.name for path in (parts / ".shards").glob("*.json")] == ["1-of-3.json"]
    with pytest.raises(UserError, match="have not been prepared"):
        images(shard="merge/2")


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
