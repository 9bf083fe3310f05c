"""A folder has one writer, a run or a preparation; its lock dies with the process."""

import errno
import os
import re
import signal
import subprocess
import sys

import numpy as np
import pytest

from medssl.errors import UnwritableError, UserError
from medssl.files import gone, make_folder
from medssl.store.listing import read_datalist
from medssl.store.lock import (
    PREPARING,
    SHARDS,
    being_prepared,
    lock_folder,
    preparing,
    refuse_gone,
    release_folder,
)
from medssl.store.open_volumes import open_item
from medssl.store.volume_file import StoredVolume
from medssl.store.writing import write_volume

HOLD = """
import os, sys, time
from medssl.store.lock import lock_folder
lock_folder(*sys.argv[1:])
if os.fork() == 0:  # as a loader's worker
    time.sleep(60)
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture(params=[()])
def holder(request, tmp_path):
    words = [sys.executable, "-c", HOLD, str(tmp_path), *request.param]
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, encoding="utf-8", process_group=0
    ) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()
        process.stdout.close()


def test_a_second_process_is_refused_and_told_by_whom(tmp_path, holder):
    with pytest.raises(UserError, match=f"is being written by process {holder.pid} on .*; wait"):
        lock_folder(tmp_path)


def test_the_lock_is_gone_when_the_process_is_though_its_workers_live(tmp_path, holder):
    holder.send_signal(signal.SIGKILL)
    holder.wait(10)
    lock_folder(tmp_path)
    release_folder(tmp_path)


def test_one_process_may_go_in_and_out(tmp_path):
    lock_folder(tmp_path / "new")
    lock_folder(tmp_path / "new" / ".." / "new")
    release_folder(tmp_path / "new")
    release_folder(tmp_path / "new")
    lock_folder(tmp_path / "new")
    release_folder(tmp_path / "new")


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(UserError, match=r"out: cannot be written \(.*\); choose another"):
        lock_folder(tmp_path / "file" / "out")


def test_a_file_system_without_locks_is_warned_of_and_written_to(tmp_path, monkeypatch, warned):
    def refused(*_):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("fcntl.lockf", refused)
    lock_folder(tmp_path)
    (line,) = warned
    assert line.startswith(f"{tmp_path} cannot be locked (")
    assert line.endswith("; let no second run write to it")
    assert (tmp_path / ".lock").read_text().startswith(f"process {os.getpid()} on ")
    release_folder(tmp_path)
    assert not any(tmp_path.iterdir())


def test_a_folder_that_is_removed_under_its_writer_is_noticed_and_may_be_claimed_anew(tmp_path):
    folder = tmp_path / "run"
    refuse_gone(folder)  # never claimed
    lock_folder(folder)
    refuse_gone(folder)
    folder.rename(tmp_path / "away")
    with pytest.raises(UserError, match=r"run: gone, removed or moved away while"):
        refuse_gone(folder)
    folder.mkdir()
    (folder / ".lock").write_text("of somebody else\n")
    with pytest.raises(UserError, match="gone"):
        refuse_gone(folder)
    lock_folder(folder)
    refuse_gone(folder)
    release_folder(folder)
    assert not any(folder.iterdir())


def test_a_claimed_folder_that_is_gone_is_not_made_again_by_what_is_written_there(tmp_path):
    run = tmp_path / "run"
    lock_folder(run)
    make_folder(run / "a" / "b")
    run.rename(tmp_path / "away")
    for folder in (run, run / "a", run / "a" / "b"):
        with pytest.raises(UnwritableError, match=re.escape(gone(run))):
            make_folder(folder)
    assert not run.exists()
    release_folder(run)
    make_folder(run / "a")
    assert (run / "a").is_dir()


def test_the_lock_of_another_is_not_removed_with_the_own_one(tmp_path):
    folder = tmp_path / "run"
    lock_folder(folder)
    folder.rename(tmp_path / "away")
    folder.mkdir()
    (folder / ".lock").write_text("of somebody else\n")
    release_folder(folder)
    assert (folder / ".lock").read_text() == "of somebody else\n"


held_by_a_preparation = pytest.mark.parametrize("holder", [(PREPARING,)], indirect=True)


@held_by_a_preparation
def test_a_folder_is_prepared_by_one_process(tmp_path, holder):
    by = f"is being prepared right now by process {holder.pid} on "
    with pytest.raises(UserError, match=rf"{by}.*; .* another --output$"), preparing(tmp_path):
        pass
    assert being_prepared(tmp_path).startswith(by)
    holder.kill()
    holder.wait(10)
    assert being_prepared(tmp_path) == ""
    with preparing(tmp_path):
        pass


@held_by_a_preparation
def test_who_reads_meanwhile_is_told_so_and_not_of_damage(tmp_path, holder):
    """A data list that is not there yet, a volume that is gone, damaged or another one."""
    path, hu = tmp_path / "volumes" / "a.b2nd", np.zeros((4, 4, 4), np.int16)
    by = f"is being prepared right now by process {holder.pid} on"
    with pytest.raises(UserError, match=by):
        read_datalist(tmp_path / "datalist.json")
    with pytest.raises(UserError, match=by):
        _ = StoredVolume(path).shape
    path.parent.mkdir()
    path.write_bytes(b"damaged")
    with pytest.raises(UserError, match=by):
        _ = StoredVolume(path).shape
    path.unlink()
    write_volume(path, hu, np.eye(4), {"voxels_sha256": "new"})
    item = {"image": str(path), "voxels_sha256": "old"}
    with pytest.raises(UserError, match=by):
        open_item(item)
    holder.kill()
    holder.wait(10)
    with pytest.raises(UserError, match="not the volume that its data list describes"):
        open_item(item)


def test_the_preparing_process_itself_may_read_and_keeps_its_lock(tmp_path):
    with preparing(tmp_path):
        with preparing(tmp_path):
            assert being_prepared(tmp_path) == ""
        words = [sys.executable, "-c", HOLD, str(tmp_path), PREPARING]
        second = subprocess.run(words, capture_output=True, check=False)
        assert b"is being prepared right now" in second.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_preparation_that_wrote_nothing_leaves_nothing(tmp_path):
    with pytest.raises(UserError, match="bad"), preparing(tmp_path / "new"):
        raise UserError("bad")
    assert not (tmp_path / "new").exists()


held_by_a_shard = pytest.mark.parametrize("holder", [(f"{SHARDS}/2-of-3.lock",)], indirect=True)


@held_by_a_shard
def test_shards_of_one_number_are_prepared_side_by_side_and_each_by_one_process(tmp_path, holder):
    with preparing(tmp_path, (1, 3)) as outermost, preparing(tmp_path, (1, 3)) as inner:
        assert (outermost, inner) == (True, False)
    by = rf"\(this shard of it\) is being prepared right now by process {holder.pid} on "
    with (
        pytest.raises(UserError, match=rf"{by}.*; .* another --shard$"),
        preparing(tmp_path, (2, 3)),
    ):
        pass


@held_by_a_shard
@pytest.mark.parametrize("shard", [None, (1, 4), (2, 4)])
def test_meanwhile_nothing_else_is_prepared_there_and_nothing_read(tmp_path, holder, shard):
    by = f"is being prepared right now by process {holder.pid} on "
    with pytest.raises(UserError, match=rf"{by}.* another --output$"), preparing(tmp_path, shard):
        pass
    assert being_prepared(tmp_path).startswith(by)
    holder.kill()
    holder.wait(10)
    assert being_prepared(tmp_path) == ""
    with preparing(tmp_path, shard):
        pass


@held_by_a_preparation
def test_no_shard_begins_while_all_is_prepared(tmp_path, holder):
    by = f"is being prepared right now by process {holder.pid} on "
    with pytest.raises(UserError, match=by), preparing(tmp_path, (1, 4)):
        pass
