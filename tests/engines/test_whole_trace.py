"""A run goes on with its own trace alone, from its first step to its last."""

import shutil

import pytest

from medssl.engines.whole_trace import other_trace, refuse_other_trace, trace_damage, trace_so_far
from medssl.errors import UserError

from ..helpers import run_and_kill
from .test_checkpoint import build, finish


def test_a_trace_ahead_of_its_checkpoint_is_whole():
    assert trace_damage("x", dict.fromkeys(range(1, 8), 1.0), 5) is None


def test_a_damaged_number_of_a_step_costs_nothing(tmp_path):
    """All steps up to it were listed."""
    steps = {**dict.fromkeys(range(1, 8), 1.0), 10**18: 1.0, -4: 1.0}
    assert "steps, from step 8 on" in trace_damage(tmp_path, steps, 5)


@pytest.fixture
def written(tmp_path):
    """A trace, and what a checkpoint notes of it."""
    path = tmp_path / "trace.jsonl"
    path.write_bytes(b"1\n2\n")
    return path, trace_so_far(path)


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (b"1\n2", "has 3 of the 4 bytes .*: cut or removed; put it back, choose another --output_"),
        (b"", "has 0 of the 4 bytes"),
        (None, "has 0 of the 4 bytes"),
        (b"1\n3\n", "of another run, or changed since its checkpoint; put it back, choose"),
        (b"1\n3\n4\n5\n", "of another run"),
    ],
)
def test_a_trace_that_the_run_has_not_written_is_refused(now, said, written):
    path, before = written
    path.unlink() if now is None else path.write_bytes(now)
    with pytest.raises(UserError, match=rf"trace\.jsonl: {said}"):
        refuse_other_trace(path, before)


def test_what_was_written_after_the_checkpoint_is_its_own(written):
    path, before = written
    with path.open("ab") as stream:
        stream.write(b"3\n2\n3\n")
    refuse_other_trace(path, before)
    path.write_bytes(b"another's")
    assert other_trace(path, None) is None  # nothing says how it began
    path.unlink()
    refuse_other_trace(path, trace_so_far(path))  # a run's first checkpoint may be before any step


@pytest.mark.parametrize("finished", [False, True])
def test_a_run_does_not_go_on_with_the_trace_of_another(finished, tmp_path):
    """Of one that was stopped earlier, and with none."""
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    run_and_kill(build(theirs), 7)
    if finished:
        finish(ours)
    else:
        run_and_kill(build(ours), 17)
    kept = shutil.copyfile(ours / "trace.jsonl", tmp_path / "kept")
    shutil.copyfile(theirs / "trace.jsonl", ours / "trace.jsonl")
    with pytest.raises(UserError, match=r"trace\.jsonl: has .* bytes"):
        build(ours).run()
    longer = (ours / "trace.jsonl").read_bytes() + kept.read_bytes()
    (ours / "trace.jsonl").write_bytes(longer)
    with pytest.raises(UserError, match="of another run"):
        build(ours).run()
    (ours / "trace.jsonl").unlink()
    with pytest.raises(UserError, match="has 0 of the"):
        build(ours).run()
    shutil.copyfile(kept, ours / "trace.jsonl")
    build(ours).run()
