"""What shards noted is all that a merge needs, once or again."""

import json
import multiprocessing
import os
import shutil
import signal
from functools import partial
from pathlib import Path

import pytest

from medssl.errors import UserError
from medssl.sources import data_set as data_set_module
from medssl.store import load_datalist

from ..scans import save_nifti, small_ct
from .sharded import files, in_shards, lidc


def test_what_was_not_prepared_or_is_gone_does_not_count(images, inside):
    out = inside("parts")
    for shard in ("1/2", "2/2"):
        images(shard=shard)
    (out / ".shards" / "2-of-2.json").unlink()
    with pytest.raises(UserError, match=r"with these options and scans; .* --shard 2/2$"):
        images(shard="merge/2")
    images(shard="2/2")
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


def test_one_process_alone_may_end_what_shards_began(images, inside, warned):
    whole = inside("whole")
    images()
    parts = inside("parts")
    images(shard="2/3")
    images()
    said = [text for text in warned if "forgets" in text]
    assert len(said) == 1
    assert said[0].startswith("out: forgets what shard 2/3 noted, all scans are ")
    assert files(parts) == files(whole)
    assert not (parts / ".shards").exists()


def test_a_shard_says_what_comes_next_and_training_waits_for_it(images, inside, capsys):
    out = inside("parts")
    images(shard="1/2")
    assert capsys.readouterr().out == (
        "shard 1/2: 4 of its 5 scans are prepared in out; when all shards are, run the same "
        "command with --shard merge/2\n"
    )
    with pytest.raises(UserError, match=r"shards of a preparation are here.* --shard merge/N"):
        load_datalist(out, "training")
    with pytest.raises(UserError, match="1 of 2 shards have not"):
        images(shard="merge/2")


def test_a_shard_with_a_broken_scan_says_that_alone(images, inside, capsys):
    inside("parts")
    with pytest.raises(UserError, match=r"unusable scan\(s\)"):
        images(shard="1/2", skip_broken=False)
    assert "when all" not in capsys.readouterr().out


def test_shards_of_lidc_with_other_masks_are_no_part(inside, tmp_path):
    inside("parts")
    prepare = partial(lidc(tmp_path / "in"), "out", workers=1)
    prepare(shard="1/1", min_readers=4)
    with pytest.raises(UserError, match=r"^out: min_readers is 4 in shard 1/1 and 1 here; "):
        prepare(shard="merge/1", min_readers=1)
    prepare(shard="1/1", min_readers=1)  # its own earlier part is no other's
    prepare(shard="merge/1", min_readers=1)


def test_shards_of_another_count_make_those_before_worthless(images, inside, warned):
    parts = inside("parts")
    for number in (1, 2):
        images(shard=f"{number}/2")
    images(shard="1/3", spacing=1)
    assert warned[-1].startswith("out: forgets what shard 1/2, 2/2 noted, each scan is ")
    assert [path.name for path in (parts / ".shards").glob("*.json")] == ["1-of-3.json"]
    with pytest.raises(UserError, match="have not been prepared"):
        images(shard="merge/2")


def test_one_process_alone_forgets_at_its_start_what_shards_noted(images, inside, monkeypatch):
    """They would be of volumes that it overwrites, should it be killed."""
    parts = inside("parts")
    images(shard="1/2")

    def stop(*_):
        assert not (parts / ".shards").exists()
        raise KeyboardInterrupt

    monkeypatch.setattr(data_set_module, "_run", stop)
    with pytest.raises(KeyboardInterrupt):
        images()
    assert not (parts / "datalist.json").exists()


def test_a_merge_again_writes_the_same(images, inside):
    parts = inside("parts")
    in_shards(images, 3)
    before = files(parts)
    images(shard="merge/3")
    assert files(parts) == before
    (parts / "datalist.json").unlink()
    images(shard="merge/3")
    assert files(parts) == before


def kill_at(step, merge):
    """Merge as a process that is killed before its file of that number is put into place."""
    left = iter(range(step))
    put = Path.replace

    def replace(path, target):
        if next(left, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)
        return put(path, target)

    Path.replace = replace
    merge()


def test_a_merge_killed_between_any_two_steps_is_ended_by_the_same_command(images, inside):
    whole = inside("whole")
    images()
    parts = inside("parts")
    for shard in ("1/2", "2/2"):
        images(shard=shard)
    shutil.copytree(parts, parts.parent / "kept")
    merge = partial(images, shard="merge/2")
    status, step = -signal.SIGKILL, 0
    while status == -signal.SIGKILL:
        shutil.rmtree(parts)
        shutil.copytree(parts.parent / "kept", parts)
        context = multiprocessing.get_context("fork")
        job = context.Process(target=kill_at, args=(step, merge))
        job.start()
        job.join(120)
        status, step = job.exitcode, step + 1
        merge()
        assert files(parts) == files(whole)
    assert status == 0
    assert step == 4 + 2 + 1  # manifest, two folds, data list; two parts; nothing


def test_of_a_folder_that_is_merged_only_what_changed_is_prepared_again(scans, images, inside):
    inside("parts")
    in_shards(images, 3)
    save_nifti(scans / "case1" / "ct.nii.gz", small_ct((15, 12, 10), seed=9))
    with pytest.raises(UserError, match=r"1 of 3 shards .* --shard (\d)/3$") as caught:
        images(shard="merge/3")
    images(shard=str(caught.value).split()[-1])
    images(shard="merge/3")
    images(shard="merge/3", folds=2)


def test_other_options_after_a_merge_are_another_preparation(images, inside):
    whole = inside("whole")
    images(spacing=3)
    parts = inside("parts")
    in_shards(images, 2)
    with pytest.raises(UserError, match="2 of 2 shards have not been prepared"):
        images(shard="merge/2", spacing=3)
    in_shards(partial(images, spacing=3), 2)
    assert files(parts)["volumes/case0.b2nd"] == files(whole)["volumes/case0.b2nd"]
    with pytest.raises(UserError, match="2 of 2 shards have not been prepared"):
        images(shard="merge/2")
