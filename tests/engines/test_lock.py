"""A folder has one writer; its lock dies with the process."""

import signal
import subprocess
import sys

import pytest

from medssl.engines.lock import lock_folder, release_folder
from medssl.errors import UserError

HOLD = """
import os, sys, time
from medssl.engines.lock import lock_folder
lock_folder(sys.argv[1])
if os.fork() == 0:  # as a loader's worker
    time.sleep(60)
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    words = [sys.executable, "-c", HOLD, str(tmp_path)]
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
