"""Processes are started where the work is worth it, by the bytes and the number of its files."""

from dataclasses import replace

import pytest

from medssl.sources import workers as module
from medssl.sources.pairing import Case
from medssl.sources.scan import Source
from medssl.sources.workers import WORTH_BYTES, worth_starting


def groups(folder, count, size):
    """As many scans of so many bytes, which take no room on the disk."""
    found = []
    for number in range(count):
        path = folder / f"{number}.nii"
        with path.open("wb") as stream:
            stream.truncate(size)
        found.append([Case(path.stem, Source(path.name, path, (path,)))])
    return found


@pytest.fixture(autouse=True)
def cores(monkeypatch):
    monkeypatch.setattr(module, "usable_cpus", lambda: 64)


@pytest.mark.parametrize("workers", [None, 1, 2, 8])
def test_a_few_small_scans_are_this_process_s(tmp_path, workers):
    assert worth_starting(groups(tmp_path, 4, 1000), workers) == 1


@pytest.mark.parametrize("workers", [None, 1, 2, 8])
def test_large_scans_have_all_processes_there_may_be(tmp_path, workers):
    large = groups(tmp_path, 20, WORTH_BYTES)
    assert worth_starting(large, workers) == (workers or 8)
    assert worth_starting(large[:3], 8) == 3


def test_many_small_scans_are_worth_processes_too(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_SCAN_BYTES", WORTH_BYTES // 25)
    found = [worth_starting(groups(tmp_path, count, 1000), 8) for count in range(0, 300, 10)]
    assert found[0] == found[1] == 1
    assert found == sorted(found)
    assert found[-1] == 8


def test_the_volumes_of_a_file_count_it_once(tmp_path):
    ((case,),) = groups(tmp_path, 1, WORTH_BYTES)
    volumes = [replace(case, id=str(n), image=replace(case.image, channel=n)) for n in range(9)]
    assert module._work(volumes) == module._work([case]) > WORTH_BYTES


def test_a_file_that_is_gone_is_no_work(tmp_path):
    found = groups(tmp_path, 3, WORTH_BYTES)
    (tmp_path / "0.nii").unlink()
    assert worth_starting(found, 8) == 2
