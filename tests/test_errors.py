"""Any exception in one line that names its cause."""

import errno
import os
import shutil
import signal
from copy import copy

import pytest
import torch
from monai.bundle import ConfigParser
from torch.utils.data import DataLoader, Dataset

from medssl.errors import UnwritableError, UserError, one_line, readable, told


class Failing(Dataset):
    """Fails with an error that has a cause of its own."""

    def __init__(self, cause):
        self.cause = cause

    def __len__(self):
        return 1

    def __getitem__(self, index):
        try:
            raise self.cause
        except type(self.cause) as error:
            raise RuntimeError(f"transform of item {index} failed") from error


def raised(call):
    """What a call raises, without its frames: a loader they held would end late, in seconds."""
    try:
        call()
    except Exception as error:
        return error.with_traceback(None)
    raise AssertionError("nothing raised")


def through(cause, workers):
    loader = DataLoader(Failing(cause), num_workers=workers)
    return one_line(raised(lambda: list(loader)))


def test_a_worker_s_error_keeps_its_cause():
    cause = OSError(28, "No space left on device")
    for workers in (0, 1):
        assert through(cause, workers) == "OSError: [Errno 28] No space left on device"
    assert through(KeyError(), 1) == "KeyError: "


def test_a_worker_s_error_of_another_module_is_named():
    error = torch.OutOfMemoryError("tried to allocate 37 TB\nand more")
    assert through(error, 1).endswith("OutOfMemoryError: tried to allocate 37 TB")


def test_what_a_user_should_read_comes_first():
    for workers in (0, 1):
        assert through(UserError("x.nii: broken"), workers) == "x.nii: broken"


class Killing(Dataset):
    """Its worker ends by a signal, as where the system is out of memory or of shared memory."""

    def __init__(self, number):
        self.number = number

    def __len__(self):
        return 1

    def __getitem__(self, index):
        os.kill(os.getpid(), self.number)


def test_a_worker_that_died_is_told_with_the_key_and_a_way_out():
    told_of = {
        number: told(raised(lambda number=number: list(DataLoader(Killing(number), num_workers=1))))
        for number in (signal.SIGKILL, signal.SIGBUS)
    }
    assert told_of[signal.SIGKILL].startswith("num_workers: a process that loads data was killed")
    assert told_of[signal.SIGBUS].startswith("/dev/shm: no room for what processes")
    assert not any("DEBUG" in line for line in told_of.values())


def test_a_worker_without_shared_memory_is_told_as_one_killed_by_it():
    cause = RuntimeError("unable to write to file </torch_12_34_0>: No space left on device (28)")
    assert through(cause, 1).startswith("/dev/shm: no room for")


@pytest.mark.parametrize(("free", "said"), [(0, "/dev/shm: no room for"), (1 << 30, "OSError: ")])
def test_a_semaphore_without_room_is_told_where_shared_memory_is_full(free, said, monkeypatch):
    usage = shutil.disk_usage("/")._replace(free=free)
    monkeypatch.setattr("medssl.errors.shutil.disk_usage", lambda place: usage)
    assert told(OSError(errno.ENOSPC, "No space left on device")).startswith(said)


class Raising(Dataset):
    """Raises copies, each ``from`` the one before it, or while that is handled."""

    def __init__(self, *steps):
        self.steps = steps

    def __len__(self):
        return 1

    def __getitem__(self, index):
        self.raise_last(*self.steps)

    def raise_last(self, *steps):
        *before, last = (*steps[:-1], copy(steps[-1]))
        if not before:
            raise last
        *before, how = before
        try:
            self.raise_last(*before)
        except Exception as error:
            if how == "meanwhile":
                self.raise_last(last)
            raise last from (error if how == "from" else None)


SCAN = FileNotFoundError(2, "No such file or directory", "/data/scan7.b2nd")
QUOTED = FileNotFoundError(2, "No such file or directory", 'it\'s "7".b2nd')
NO_SCAN = "/data/scan7.b2nd: No such file or directory"
OUTER, INNER = UserError("x.csv: outer"), UserError("x.csv: inner")


@pytest.mark.parametrize("workers", [0, 1])
@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ([SCAN], NO_SCAN),
        ([QUOTED], 'it\'s "7".b2nd: No such file or directory'),
        ([OSError(2, "No such link", "a", None, "b")], "a: No such link"),
        ([KeyError("cachekey"), "meanwhile", SCAN], NO_SCAN),
        ([SCAN, "meanwhile", KeyError("cachekey")], "KeyError: 'cachekey'"),
        ([SCAN, "from", RuntimeError("applying transform"), "from", ValueError("loader")], NO_SCAN),
        ([KeyError("k"), "meanwhile", SCAN, "from", RuntimeError("applying transform")], NO_SCAN),
        ([SCAN, "from", RuntimeError("read"), "meanwhile", TypeError("t")], "TypeError: t"),
        ([KeyError("k"), "from None", ValueError("v")], "ValueError: v"),
        ([INNER, "from", OUTER], "x.csv: outer"),
        ([INNER, "from", OUTER, "from", RuntimeError("applying transform")], "x.csv: outer"),
        ([INNER, "meanwhile", OUTER], "x.csv: outer"),
        ([INNER, "meanwhile", OSError(5, "I/O error", "x.csv")], "x.csv: inner"),
        ([KeyError("k"), "from", OUTER], "x.csv: outer"),
        ([UnwritableError("x: full\nno room"), "from", ValueError("v")], "x: full no room"),
        ([SCAN, "meanwhile", RuntimeError()], NO_SCAN),
        ([ValueError("UserError: x")], "ValueError: UserError: x"),
        ([ValueError("a\nmedssl.errors.UserError: x")], "ValueError: a"),
    ],
)
def test_of_a_chain_of_errors_processes_that_load_data_and_this_one_tell_the_same(
    steps, said, workers
):
    loader = DataLoader(Raising(*steps), num_workers=workers)
    assert one_line(raised(lambda: list(loader))) == said


def test_whatever_a_message_quotes_it_is_one_line():
    assert (
        one_line(UserError("x.csv: no case of the name a\nb")) == "x.csv: no case of the name a b"
    )


def test_the_part_of_a_config_that_monai_cannot_make_is_named():
    parser = ConfigParser({"nets": [{"_target_": "torch.nn.Linear", "wrong": 3}]})
    with pytest.raises(RuntimeError) as caught:
        parser.get_parsed_content("nets")
    line = one_line(caught.value)
    assert line.startswith("TypeError: ")
    assert line.endswith("(in nets#0 of a config: torch.nn.Linear)")


def test_the_middle_of_a_page_is_left_out():
    line = readable("x.csv: " + "y" * 100_000 + "; mend it")
    assert len(line) < 1000
    assert line.startswith("x.csv: yyy")
    assert line.endswith("; mend it")
    assert readable("a\x1b[31m\x00b\tc\nd\x9b\u00e4") == "a?[31m?b\tc d?\u00e4"
    assert told(UserError("z" * 5000)) == readable("z" * 5000)
