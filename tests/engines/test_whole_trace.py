"""A run goes on with its own trace alone, from its first step to its last."""

import json
import shutil

import pytest

from medssl.engines.whole_trace import refuse_other_trace, trace_damage
from medssl.errors import UserError

from ..helpers import run_and_kill
from .test_checkpoint import build, finish


def test_a_trace_ahead_of_its_checkpoint_is_whole():
    assert trace_damage("x", dict.fromkeys(range(1, 8), 1.0), 5) is None


def test_a_damaged_number_of_a_step_costs_nothing(tmp_path):
    """All steps up to it were listed."""
    steps = {**dict.fromkeys(range(1, 8), 1.0), 10**18: 1.0, -4: 1.0}
    assert "steps, from step 8 on" in trace_damage(tmp_path, steps, 5)


def write(folder, steps, length=4):
    entries = [{"iteration": n, "epoch": (n - 1) // length + 1, "loss": 1.0} for n in steps]
    text = "".join(json.dumps(entry) + "\n" for entry in entries)
    (folder / "trace.jsonl").write_text(text)


@pytest.mark.parametrize(
    ("steps", "length", "said"),
    [
        (range(1, 8), 4, "ends at step 7 of 8: cut or removed; put it back, choose another --outp"),
        ((), 4, "ends at step 0 of 8"),
        ((1, 2, 4, 5, 6, 7, 8, 9), 4, "lacks 1 of 9 steps, from step 3 on"),
        (range(1, 9), 5, r"of another run .step 5 in epoch 1, where epochs have 4 steps.; put it"),
    ],
)
def test_a_trace_that_the_run_cannot_have_written_is_refused(steps, length, said, tmp_path):
    write(tmp_path, steps, length)
    with pytest.raises(UserError, match=f"trace.jsonl:? {said}"):
        refuse_other_trace(tmp_path, 8, 4)


def test_steps_done_again_and_those_after_the_checkpoint_are_its_own(tmp_path):
    write(tmp_path, (*range(1, 11), *range(9, 14)))
    refuse_other_trace(tmp_path, 8, 4)


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
    with pytest.raises(
        UserError, match=r"trace\.jsonl ends at step \d+ of (16|20): cut or removed"
    ):
        build(ours).run()
    (ours / "trace.jsonl").unlink()
    with pytest.raises(UserError, match="ends at step 0 of"):
        build(ours).run()
    shutil.copyfile(kept, ours / "trace.jsonl")
    build(ours).run()
