"""A log that a full disk has torn is read, mended and gone on with."""

import json
import os

import pytest

from medssl.engines.trace import TrainingLog, mend_trace, read_entries, read_trace
from medssl.errors import UserError

STEP = {"iteration": 1, "epoch": 1, "loss": 0.5}
METRICS = {"epoch": 1, "metrics": {"mse": 0.25}}
WHOLE = b"".join(json.dumps(entry).encode() + b"\n" for entry in (STEP, METRICS))


@pytest.mark.parametrize("cut", range(1, len(WHOLE)))
def test_whatever_is_torn_off_the_rest_is_kept(tmp_path, cut):
    path = tmp_path / "trace.jsonl"
    path.write_bytes(WHOLE[:cut])
    lines = WHOLE[:cut].count(b"\n")
    assert read_entries(path) == [STEP, METRICS][:lines]
    mend_trace(path)
    with path.open("ab") as stream:
        stream.write(WHOLE)
    assert read_entries(path) == [*[STEP, METRICS][:lines], STEP, METRICS]


@pytest.mark.parametrize("tail", [b"\0" * 30, b"\xff\xfe", b"[1]\n", b"{}\n", b"3\n"])
def test_a_last_line_of_anything_else_goes(tmp_path, tail):
    path = tmp_path / "trace.jsonl"
    path.write_bytes(WHOLE + tail)
    mend_trace(path)
    assert path.read_bytes() == WHOLE


@pytest.mark.parametrize("link", [os.link, os.symlink])
def test_a_trace_that_others_share_becomes_a_file_of_its_own(tmp_path, link):
    """As in copies made of links: what one run appends is none of the other's."""
    theirs, ours = tmp_path / "theirs.jsonl", tmp_path / "trace.jsonl"
    theirs.write_bytes(WHOLE + b"torn")
    link(theirs, ours)
    mend_trace(ours)
    with ours.open("ab") as stream:
        stream.write(WHOLE)
    assert ours.read_bytes() == 2 * WHOLE
    assert theirs.read_bytes() == WHOLE + b"torn"


def test_losses_are_floats_and_what_cannot_be_one_is_damage(tmp_path):
    path = tmp_path / "trace.jsonl"
    path.write_text(json.dumps({**STEP, "loss": 10**30}) + "\n")
    (loss,) = read_trace(path).values()
    assert isinstance(loss, float)
    assert loss == 1e30
    for entry in ({**STEP, "loss": 10**400}, {**METRICS, "metrics": {"mse": -(10**400)}}):
        path.write_bytes(json.dumps(entry).encode() + b"\n" + WHOLE)
        with pytest.raises(UserError, match=r"trace.jsonl: line 1 is damaged"):
            read_trace(path)


def test_damage_elsewhere_is_told_by_line(tmp_path):
    path = tmp_path / "trace.jsonl"
    path.write_bytes(WHOLE + b'{"iter{"iteration": 2}\n' + WHOLE)
    with pytest.raises(UserError, match=r"trace.jsonl: line 3 is damaged; put the file back"):
        read_entries(path)


def test_a_full_disk_is_told_by_the_name_of_the_file(tmp_path):
    (tmp_path / "trace.jsonl").symlink_to("/dev/full")
    with pytest.raises(UserError, match=r"trace.jsonl: cannot be written: No space left on device"):
        TrainingLog(tmp_path)._append([STEP])


@pytest.mark.parametrize(
    "line",
    [
        {**STEP, "step_s": 0.1},
        {**STEP, "step_s": 0.1, "wait_s": "x"},
        {**STEP, "loss": None},
        {**STEP, "iteration": 1.5},
        {"epoch": 1, "metrics": {"mse": "x"}},
        {"epoch": 1, "metrics": [1]},
        {"epoch": None, "metrics": {}},
    ],
)
def test_a_line_of_other_types_is_damage(tmp_path, line):
    path = tmp_path / "trace.jsonl"
    path.write_bytes(WHOLE + json.dumps(line).encode() + b"\n" + WHOLE)
    with pytest.raises(UserError, match=r"trace.jsonl: line 3 is damaged"):
        read_entries(path)
