"""One case after the other: prepared, recognised again, redone when anything changed, or said."""

import json
import os
from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import pytest

from medssl.errors import UserError
from medssl.sources import cases as module
from medssl.sources.case_channels import each_channel, with_volumes
from medssl.sources.cases import _by_file, prepare_case, prepare_cases
from medssl.sources.pairing import Case, find_cases
from medssl.sources.records import Settings
from medssl.sources.scan import Source
from medssl.store import StoredVolume
from medssl.store.volume_file import LISTED

from ..scans import save_nifti, small_ct

NATIVE = Settings(None)


@pytest.fixture
def source(tmp_path):
    """A labelled scan ``a``, one without label ``b``, and a file ``c`` that is no scan."""
    folder = tmp_path / "in"
    save_nifti(folder / "a" / "ct.nii.gz", small_ct())
    label = np.zeros((12, 10, 8), np.uint8)
    label[2:6, 3:7, 2:5] = 1
    save_nifti(folder / "a" / "seg.nii.gz", label)
    save_nifti(folder / "b" / "ct.nii.gz", small_ct(seed=1))
    (folder / "c").mkdir()
    (folder / "c" / "ct.nii.gz").write_bytes(b"no scan")
    return folder


@pytest.fixture
def out(tmp_path):
    for name in ("volumes", "labels"):
        (tmp_path / "out" / name).mkdir(parents=True)
    return tmp_path / "out"


def found(source):
    return find_cases(source, "*/ct.nii.gz", "*/seg.nii.gz")


def work(monkeypatch):
    """Ids of the cases that are really prepared from now on."""
    done, prepare = [], module._prepare

    def noted(case, *rest):
        done.append(case.id)
        return prepare(case, *rest)

    monkeypatch.setattr(module, "_prepare", noted)
    return done


def test_a_broken_scan_is_an_outcome_beside_the_others(source, out):
    outcomes = {each.case: each for each in prepare_cases(found(source), out, NATIVE, 1)}
    assert [each for each in outcomes if outcomes[each].record is None] == ["c"]
    assert outcomes["c"].source == "c/ct.nii.gz"
    assert outcomes["c"].reason
    assert "\n" not in outcomes["c"].reason
    assert not (out / "volumes" / "c.b2nd").exists()
    assert outcomes["a"].record["objects"][0]["voxels"] == 4 * 4 * 3


def test_a_fault_known_beforehand_keeps_no_other_case_back(source, out):
    first, *others = found(source)
    outcomes = list(prepare_cases([replace(first, fault="odd"), *others], out, NATIVE, 1))
    assert (outcomes[0].case, outcomes[0].reason) == (first.id, "odd")
    assert [each.case for each in outcomes[1:]] == [case.id for case in others]


def test_a_volume_carries_its_own_record(source, out):
    """So a list that was lost, or never written, costs no second preparation."""
    outcome = prepare_case(found(source)[0], out, NATIVE)
    attributes = StoredVolume(out / "volumes" / "a.b2nd").attributes
    assert json.loads(attributes["record"]) == outcome.record
    assert attributes["scan"] == NATIVE.contract.as_dict()


def test_what_is_there_is_not_prepared_again(source, out, monkeypatch):
    first = list(prepare_cases(found(source)[:2], out, NATIVE, 1))
    done = work(monkeypatch)
    assert list(prepare_cases(found(source)[:2], out, NATIVE, 1)) == first
    assert done == []


def test_a_file_that_was_only_touched_costs_a_hash_and_no_work(source, out, monkeypatch):
    first = list(prepare_cases(found(source)[:2], out, NATIVE, 1))
    os.utime(source / "a" / "ct.nii.gz", (1, 1))
    done = work(monkeypatch)
    again = prepare_cases(found(source)[:2], out, NATIVE, 1)
    assert sorted(again, key=lambda outcome: outcome.case) == first
    assert done == []


def change_scan(source, out):
    save_nifti(source / "a" / "ct.nii.gz", small_ct(seed=5))


def change_label(source, out):
    save_nifti(source / "a" / "seg.nii.gz", np.ones((12, 10, 8), np.uint8))


def add_label(source, out):
    save_nifti(source / "b" / "seg.nii.gz", np.ones((12, 10, 8), np.uint8))


def lose_label(source, out):
    (out / "labels" / "a.b2nd").unlink()


def swap_label(source, out):
    """A label that another preparation, of other settings, has left."""
    other = out.parent / "other"
    for name in ("volumes", "labels"):
        (other / name).mkdir(parents=True)
    prepare_case(found(source)[0], other, Settings((2.0, 2.0, 2.0)))
    (other / "labels" / "a.b2nd").replace(out / "labels" / "a.b2nd")


def flip_a_bit(source, out):
    path = out / "volumes" / "b.b2nd"
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("change", "redone"),
    [
        (change_scan, "a"),
        (change_label, "a"),
        (add_label, "b"),
        (lose_label, "a"),
        (swap_label, "a"),
        (flip_a_bit, "b"),
    ],
)
def test_just_what_changed_is_done_again(change, redone, source, out, monkeypatch):
    list(prepare_cases(found(source)[:2], out, NATIVE, 1))
    change(source, out)
    done = work(monkeypatch)
    outcomes = list(prepare_cases(found(source)[:2], out, NATIVE, 1))
    assert done == [redone]
    for outcome in outcomes:
        volume = StoredVolume(out / "volumes" / f"{outcome.case}.b2nd")
        volume.check()
        assert volume.attributes[LISTED] == outcome.record["voxels_sha256"]


def test_other_settings_do_all_again(source, out, monkeypatch):
    list(prepare_cases(found(source)[:2], out, NATIVE, 1))
    done = work(monkeypatch)
    list(prepare_cases(found(source)[:2], out, Settings(None, (-100.0, 100.0)), 1))
    assert sorted(done) == ["a", "b"]


def test_a_label_that_does_not_fit_is_named_as_label(source, out):
    save_nifti(source / "a" / "seg.nii.gz", np.full((12, 10, 8), 0.5, np.float32))
    outcome = prepare_case(found(source)[0], out, NATIVE)
    assert outcome.record is None
    assert outcome.reason.startswith("its label a/seg.nii.gz: ")
    assert not list(out.rglob("*.b2nd"))


class DeadPool:
    """Stands in for processes that the system kills."""

    def submit(self, *_):
        from concurrent.futures import Future
        from concurrent.futures.process import BrokenProcessPool

        future = Future()
        future.set_exception(BrokenProcessPool())
        return future


def test_a_killed_worker_is_told_with_the_way_out(source, out, monkeypatch):
    monkeypatch.setattr(module, "worth_starting", lambda groups, workers: workers)
    monkeypatch.setattr(module, "processes", lambda *_: nullcontext(DeadPool()))
    with pytest.raises(UserError, match=r"one of 2 processes was killed.*--workers 1, it goes on"):
        list(prepare_cases(found(source)[:2], out, NATIVE, 2))


def test_small_scans_start_no_process(source, out, monkeypatch):
    monkeypatch.setattr(module, "processes", None)
    assert len(list(prepare_cases(found(source), out, NATIVE, 8))) == 3


def test_volumes_of_one_file_are_one_process_s(tmp_path):
    """So that it is unpacked once; other cases may each go to another."""
    whole = Source("x.nii", tmp_path / "x.nii", ())
    volumes = [Case(f"v{n}", replace(whole, name=f"x.nii#{n}", channel=n)) for n in range(2)]
    files = [Case(name, replace(whole, path=tmp_path / name)) for name in ("a", "b")]
    groups = _by_file([volumes[0], files[0], volumes[1], files[1]])
    assert groups == [volumes, [files[0]], [files[1]]]


@pytest.mark.parametrize("workers", [1, 2])
def test_channels_of_a_file_are_prepared_by_any_number_of_processes(tmp_path, monkeypatch, workers):
    monkeypatch.setattr(module, "worth_starting", lambda groups, workers: workers)
    for number in range(2):
        stack = np.stack([small_ct(seed=2 * number + n) for n in range(2)], -1)
        save_nifti(tmp_path / "in" / f"c{number}.nii.gz", stack)
    found = find_cases(tmp_path / "in")
    cases = each_channel([with_volumes(case, ("a", "b")) for case in found])
    settings = Settings(None, channels=("a", "b"))
    outcomes = list(prepare_cases(cases, tmp_path / "out", settings, workers))
    assert sorted(outcome.case for outcome in outcomes) == [case.id for case in cases]
    for seed, case in enumerate(cases):
        stored = StoredVolume(tmp_path / "out" / "volumes" / f"{case.id}.b2nd").read_all()
        assert np.array_equal(stored, small_ct(seed=seed))
