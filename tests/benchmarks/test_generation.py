"""Both sides of a ratio of samples take turns, each sample counted once."""

from types import SimpleNamespace

import torch

import generation
import interleaved
from equivalence import NotEquivalentError
from generation import TURNS, measure_case


def test_a_ratio_is_of_one_sample_and_of_one_turn(monkeypatch):
    """On a clock that each side moves on by what it costs; the machine slows down meanwhile."""
    clock, calls = [0.0], []

    def taking(name, seconds):
        def action():
            clock[0] += seconds * 1.01 ** len(calls)
            calls.append(name)

        return action

    def cpu_time(action):
        before = clock[0]
        action()
        return clock[0] - before

    monkeypatch.setattr(interleaved, "cpu_time", cpu_time)
    case = SimpleNamespace(
        check=lambda: 0.5,
        ours=taking("o", 0.6),
        samples=3,
        literal=taking("l", 4.0),
        literal_samples=2,
        loaded=taking("m", 3.0),
    )
    row = measure_case(case, torch.device("cpu"))
    assert "".join(calls) == "ool" + "lmm" + ("olmmlo" * TURNS)[: 3 * TURNS]
    for ratio, expected in ((row.ratio, 10.0), (row.loaded_ratio, 7.5)):
        assert 0.97 * expected < ratio.low <= ratio.median <= ratio.high < 1.03 * expected
    assert 2000 < row.literal_ms < 3000
    assert row.p == 0.5


def test_short_calls_are_repeated_until_a_turn_is_long_enough(monkeypatch):
    seconds, calls = iter([1.0, 0.001]), []  # the first does not count

    def cpu_time(action):
        action()
        return next(seconds, 0.05)

    monkeypatch.setattr(interleaved, "cpu_time", cpu_time)
    turn = generation.milliseconds(lambda: calls.append(1), 4, torch.device("cpu"))
    assert turn() == 1000 * 0.05 / 50 / 4
    assert len(calls) == 2 + 50


def test_what_differs_has_no_ratio():
    def check():
        raise NotEquivalentError("another mean")

    row = generation._try_case(SimpleNamespace(name="x", check=check), torch.device("cpu"))
    assert row == {"failed": "not equivalent: another mean"}
