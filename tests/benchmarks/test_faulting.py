"""Faults are judged by what is there and said; the page says what its rows say."""

import subprocess

import pytest

from faulting import attempt, status
from faults import disks
from faults.command import clear_line
from faults.equal import same_files
from faults.every import FAULTS
from faults.fault import (
    BAD,
    EQUAL,
    HANG,
    NOT_TRIED,
    SILENT,
    TOO_FEW,
    TRACEBACK,
    FailedError,
    Fault,
    LackError,
    Outcome,
)
from faults.page import PAGE, load_rows, section


def ended(status, errors):
    return subprocess.CompletedProcess([], status, "", errors)


def test_one_line_is_clear_beside_bars_and_a_first_word():
    errors = "reading a/b ...\n 50%|###   | 1/2 [00:01<00:01]\nmedssl: a.nii: no room\n"
    assert clear_line(ended(1, errors), "a.nii", "no room") == "a.nii: no room"


@pytest.mark.parametrize(
    ("status", "errors"),
    [
        (0, "medssl: a.nii: no room\n"),
        (1, ""),
        (1, "Traceback (most recent call last):\n  File x\nOSError: a.nii: no room\n"),
        (1, "medssl: OSError: a.nii no room (MEDSSL_DEBUG=1 shows where)\n"),
        (1, "medssl: no room\n"),
    ],
)
def test_anything_else_is_not(status, errors):
    with pytest.raises(FailedError) as caught:
        clear_line(ended(status, errors), "a.nii", "no room")
    assert caught.value.outcome.what == TRACEBACK


def test_parts_may_be_missing_but_not_differ(tmp_path):
    for folder in ("whole", "part"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a").write_text("a")
    (tmp_path / "whole" / "b").write_text("b")
    whole, part = tmp_path / "whole", tmp_path / "part"
    same_files(whole, part, parts="*")
    with pytest.raises(FailedError):
        same_files(whole, part)
    (part / "b").write_text("half")
    with pytest.raises(FailedError) as caught:
        same_files(whole, part, parts="*")
    assert caught.value.outcome.what == SILENT
    same_files(whole, part, "b")


def test_each_end_of_a_try_is_counted_in_its_row(tmp_path, capsys):
    def ends(trial):
        yield Outcome(EQUAL, f"{trial.folder}/a.nii: gone")
        raise FailedError(SILENT, "b.nii: other bytes")

    def hangs(_trial):
        yield Outcome(EQUAL)
        raise TimeoutError("after 1 s")

    first, second = (
        attempt(Fault("family", name, "", run), tmp_path, 0)
        for name, run in (("ends", ends), ("hangs", hangs))
    )
    assert first["outcomes"] == {EQUAL: 1, SILENT: 1}
    assert first["said"] == "b.nii: other bytes"
    assert second["outcomes"] == {EQUAL: 1, HANG: 1}
    assert "| ends |  | 2 | 2 | 1 equal to the last bit; 1 silent damage: b.nii" in section([first])
    assert "Of 2 tries of 1 faults 1 ended as they should;" in section([first])
    assert "silent damage" in capsys.readouterr().out


def test_the_page_says_what_its_rows_say_and_no_fault_of_them_is_unknown():
    rows = load_rows()
    text = PAGE.read_text(encoding="utf-8")
    begin, end = (f"<!-- faults: {word} -->" for word in ("begin", "end"))
    assert text.split(begin)[1].split(end)[0] == f"\n{section(rows)}"
    names = [(fault.family, fault.name) for fault in FAULTS]
    assert len(set(names)) == len(names)
    kept = [(row["family"], row["name"]) for row in rows]
    assert kept == names
    assert [row["times"] for row in rows] == [fault.times for fault in FAULTS]
    assert not [row["name"] for row in rows if "dirty" in row.get("commit", "")]


def test_too_few_tries_and_a_trial_that_breaks_are_no_success(tmp_path):
    def once(_trial):
        yield Outcome(EQUAL)

    def breaks(_trial):
        yield Outcome(EQUAL)
        raise IndexError("nothing to kill")

    for run, bad in ((once, TOO_FEW), (breaks, TRACEBACK)):
        row = attempt(Fault("family", run.__name__, "", run, 2), tmp_path, 0)
        assert row["outcomes"] == {EQUAL: 1, bad: 1}


def on_a_small_disk(trial):
    with disks.small_disk(trial.folder / "disk", 4096):
        yield Outcome(EQUAL, "a.nii: no room")


FULL = Fault("Full disk", "preparation", "one line", on_a_small_disk, 1)


@pytest.mark.parametrize(
    ("told", "what", "failed"),
    [
        ("mount: /disk: must be superuser to use mount.", NOT_TRIED, 0),
        ("mount: /disk: permission denied.", NOT_TRIED, 0),
        ("mount: /disk: unknown filesystem type 'tmpfs'.", TRACEBACK, 1),
    ],
)
def test_only_a_lack_of_the_machine_excuses_a_fault(tmp_path, monkeypatch, told, what, failed):
    monkeypatch.setattr(disks.subprocess, "run", lambda *_, **__: ended(32, told))
    row = attempt(FULL, tmp_path, 0)
    assert row["outcomes"] == {what: 1}
    assert status([row]) == failed


def test_what_was_not_tried_is_listed_apart_and_counted_nowhere(tmp_path):
    def lacks(_trial):
        raise LackError("mounting needs root")

    def once(_trial):
        yield Outcome(EQUAL)

    rows = [
        attempt(Fault(family, "of a run", "", run, times), tmp_path, 0)
        for family, run, times in (("First", once, 1), ("Full disk", lacks, 3))
    ]
    told = section(rows)
    assert "Of 1 tries of 1 faults 1 ended as they should;" in told
    assert "done 1 times. Not tried here: 1 faults." in told
    assert "\n## Not tried here\n\n- Full disk, of a run: mounting needs root\n" in told
    assert "## Full disk" not in told
    assert status(rows) == 0


def test_a_fault_that_was_never_hit_is_no_try_of_it_and_fails(tmp_path):
    row = attempt(Fault("family", "never hit", "", lambda _trial: iter(()), 3), tmp_path, 0)
    told = section([row])
    assert "Of 0 tries of 0 faults 0 ended as they should;" in told
    assert "done 0 times. Too few tries: 1 faults." in told
    assert "| never hit |  | 0 | 0 | 1 too few tries: 0 of 3 |" in told
    assert status([row]) == 1


def test_what_is_done_several_times_before_one_comparison_is_one_try(tmp_path):
    def five_kills(_trial):
        yield Outcome(EQUAL, times=5)

    row = attempt(Fault("SIGKILL", "a run", "", five_kills, 5), tmp_path, 0)
    assert (row["times"], row["outcomes"]) == (5, {EQUAL: 1})
    told = section([row])
    assert "Of 1 tries of 1 faults 1 ended as they should; in them, the faults were done 5" in told
    assert "| a run |  | 5 | 1 | 1 equal to the last bit |" in told


def test_kills_on_the_page_are_no_more_comparisons_than_runs():
    """Rows of several are those of one run or folder, or a few, each compared once."""
    once = [row for row in load_rows() if row["family"] in ("SIGKILL", "Read-only folder")]
    assert {row["times"] for row in once} == {5, 2}
    assert {word for row in once for word in row["outcomes"]} == {EQUAL}
    assert all(row["outcomes"][EQUAL] <= row["times"] for row in once)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["training pretrain_rotation", "trace.jsonl of pretrain_rotation"])
def test_a_kill_and_a_torn_line_are_survived(tmp_path, name):
    fault = next(fault for fault in FAULTS if fault.name == name)
    assert not set(attempt(fault, tmp_path, 0, times=2)["outcomes"]) & set(BAD)
