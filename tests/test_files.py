"""Files are whole or absent, and what a killed process left is removed."""

import errno
import gc
import os
from contextlib import contextmanager, suppress

import numpy as np
import pytest
import torch

from medssl.errors import UserError
from medssl.files import (
    collector_paused,
    make_folder,
    read_object,
    refuse_to_replace,
    remove_stale,
    write_atomically,
    write_json,
)
from medssl.store import write_volume
from medssl.weights import save_torch

NOISE = np.random.default_rng(0).integers(-1000, 1000, (40, 40, 40), dtype=np.int16)
NOBODY = 4194305  # above every process number


def test_temporary_files_of_the_dead_go_and_those_of_the_living_stay(tmp_path):
    parent = os.getppid()
    names = [f".model.pt.{process}.tmp" for process in (NOBODY, os.getpid(), parent)]
    others = ["model.pt", ".hidden.tmp", "a.1.tmp"]
    for name in [*names, *others]:
        (tmp_path / name).write_text("x")
    remove_stale(tmp_path, tmp_path / "not there")
    assert {path.name for path in tmp_path.iterdir()} == {names[-1], *others}


def test_what_is_written_is_what_is_looked_for(tmp_path):
    seen = []
    write_atomically(tmp_path / "a.json", lambda path: (seen.append(path), path.write_text("x")))
    seen[0].write_text("half")
    remove_stale(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "3", "null", "\udcff", "[" * 200_000, '{"a":' * 200_000]
)
def test_a_file_without_an_object_is_one_line_with_the_way_out(content, tmp_path):
    path = tmp_path / "a.json"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    for where, named in ((None, str(path)), ("http://x/a.json", "http://x/a.json")):
        with pytest.raises(UserError) as caught:
            read_object(path, "write it again", where)
        message = str(caught.value)
        assert message.startswith(f"{named}: ")
        assert message.endswith("; write it again")
        assert "\n" not in message


def test_an_object_is_read_as_it_was_written(tmp_path):
    write_json(tmp_path / "a.json", {"\u00e5": [1, None]})
    assert read_object(tmp_path / "a.json", "") == {"\u00e5": [1, None]}


@contextmanager
def no_room_beyond(size):
    """What a full disk looks like to a writer, without filling one."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize(
    "write",
    [
        lambda path: save_torch(path, torch.rand(50_000)),
        lambda path: write_volume(path, NOISE, np.eye(4)),
        lambda path: write_json(path, list(range(50_000))),
    ],
    ids=["torch", "blosc2", "text"],
)
def test_a_full_disk_is_told_whatever_the_writer_says(tmp_path, write):
    path = tmp_path / "out.b2nd"
    with no_room_beyond(20_000), pytest.raises(UserError, match=r"out\.b2nd: cannot be written: "):
        write(path)
    assert list(tmp_path.iterdir()) == []


def test_an_error_on_a_disk_with_room_stays_itself(tmp_path):
    def fail(_):
        raise RuntimeError("of another kind")

    with pytest.raises(RuntimeError, match="of another kind"):
        write_atomically(tmp_path / "x", fail)


@pytest.mark.parametrize("inside", ["", "a/b"])
def test_a_file_where_a_folder_is_to_be_is_named(inside, tmp_path):
    (tmp_path / "file").write_text("x")
    for use in (make_folder, lambda folder: write_json(folder / "x.json", {})):
        with pytest.raises(UserError, match=r"/file: expected a folder; choose another"):
            use(tmp_path / "file" / inside)


@pytest.mark.parametrize("reason", [errno.ENOENT, errno.EROFS])
def test_a_folder_that_cannot_be_made_is_named(reason, tmp_path, monkeypatch):
    """As below /proc, or on a disk that may only be read."""

    def refuse(path, *_, **__):
        raise OSError(reason, os.strerror(reason), str(path))

    monkeypatch.setattr("pathlib.Path.mkdir", refuse)
    with pytest.raises(UserError, match=rf"/x/y: cannot be made \({os.strerror(reason)}\)"):
        make_folder(tmp_path / "x" / "y")


def test_a_file_that_may_not_be_written_is_named(tmp_path):
    def refuse(path):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    with pytest.raises(UserError, match=r"/a\.json: cannot be written: Permission denied; choose"):
        write_atomically(tmp_path / "a.json", refuse)


def test_garbage_is_not_looked_for_while_a_long_list_is_read(tmp_path):
    write_json(tmp_path / "a.json", {"scans": [{"id": str(n), "shape": [n]} for n in range(20000)]})
    phases = []
    gc.callbacks.append(lambda phase, info: phases.append(phase))
    try:
        read_object(tmp_path / "a.json", "")
        assert len(phases) < 10  # what is due when it may run again
    finally:
        gc.callbacks.pop()
    assert gc.isenabled()


@pytest.mark.parametrize("was_on", [True, False])
def test_the_collector_is_afterwards_what_it_was_before(was_on):
    (gc.enable if was_on else gc.disable)()
    try:
        with collector_paused():
            assert not gc.isenabled()
        with suppress(ValueError), collector_paused():
            raise ValueError
        assert gc.isenabled() == was_on
    finally:
        gc.enable()


def test_a_folder_that_allows_nothing_any_more_is_told_once(tmp_path, monkeypatch):
    """Also where a temporary file that lies there cannot be removed."""

    def refuse(path, *_, **__):
        raise OSError(errno.EROFS, "Read-only file system", str(path))

    def write(temporary):
        temporary.touch()
        monkeypatch.setattr("pathlib.Path.unlink", refuse)
        refuse(temporary)

    with pytest.raises(UserError, match=r"model.pt: cannot be written: Read-only file system; cho"):
        write_atomically(tmp_path / "model.pt", write)


def test_a_folder_that_goes_while_a_file_is_written_is_named(tmp_path):
    folder = tmp_path / "run"

    def write(temporary):
        temporary.touch()
        folder.rename(tmp_path / "away")

    with pytest.raises(UserError, match=r"run: gone, removed or moved away while it was being"):
        write_atomically(folder / "model.pt", write)
    assert not folder.exists()


def test_what_cannot_be_removed_is_left_to_the_first_write_to_tell(tmp_path, monkeypatch):
    stale = tmp_path / f".model.pt.{NOBODY}.tmp"
    stale.touch()

    def refuse(path, *_, **__):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr("pathlib.Path.unlink", refuse)
    remove_stale(tmp_path)
    assert stale.is_file()


def test_what_may_not_be_read_is_not_taken_for_what_may_not_be_written(tmp_path):
    def write(temporary):
        raise PermissionError(errno.EACCES, "Permission denied", str(tmp_path / "in" / "scan.nii"))

    with pytest.raises(PermissionError, match=r"scan\.nii"):
        write_atomically(tmp_path / "out" / "x.zip", write)


def test_a_folder_in_the_place_of_a_file_is_named(tmp_path):
    (tmp_path / "figures.csv").mkdir()
    with pytest.raises(UserError, match=r"/figures\.csv: a folder, expected a file to write"):
        write_json(tmp_path / "figures.csv", {})
    assert list(tmp_path.rglob("*")) == [tmp_path / "figures.csv"]


def test_a_device_in_the_place_of_a_file_stays_one(tmp_path):
    """Else what is written to /dev/null by root would take its place, for all programs."""
    os.mkfifo(tmp_path / "null")
    (tmp_path / "stdout").symlink_to(tmp_path / "null")
    for name in ("null", "stdout"):
        with pytest.raises(UserError, match=rf"/{name}: a device or a pipe, expected a file"):
            write_json(tmp_path / name, {})
        assert (tmp_path / name).is_fifo()
    assert (tmp_path / "stdout").is_symlink()
    assert len(list(tmp_path.iterdir())) == 2


def test_what_is_not_of_its_kind_is_not_replaced(tmp_path):
    path = tmp_path / "a.txt"
    refuse_to_replace(path, lambda head: False, "list")
    path.touch()
    refuse_to_replace(path, lambda head: False, "list")
    path.write_text("mine")
    refuse_to_replace(path, lambda head: head == b"mine", "list")
    for place in (path, tmp_path):
        with pytest.raises(UserError, match="there already, and no list; name another file"):
            refuse_to_replace(place, lambda head: head == b"yours", "list")
