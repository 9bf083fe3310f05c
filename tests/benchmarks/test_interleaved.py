"""Ways are timed in turn, by the processor's time alone."""

from types import SimpleNamespace

import pytest

import interleaved
from interleaved import cpu_seconds, cpu_total, in_turns, paired, peer


def test_each_has_its_turn_after_a_call_that_does_not_count_and_first_is_now_one_now_the_other():
    calls = []
    ways = {name: lambda name=name: calls.append(name) for name in "ab"}
    assert set(cpu_seconds(ways, rounds=3)) == {"a", "b"}
    assert "".join(calls) == "ab" + "abbaab"


def test_what_grows_slower_with_time_moves_neither_side_of_a_ratio():
    """Each step takes longer than the one before; turns in one order would favour who is first."""
    clock = iter(range(1000, 2000))
    taken = in_turns({"one": lambda: next(clock), "other": lambda: next(clock)}, 10)
    assert sum(taken["one"]) == sum(taken["other"])
    assert paired(taken["one"], taken["other"]).median == pytest.approx(1, abs=1e-5)


def test_ratios_are_those_of_each_turn():
    """And not of the medians, which may be of different turns."""
    ratio = paired([1, 20, 6], [2, 2, 3])
    assert ratio == (2, 0.5, 10)
    assert str(ratio) == "2.0 (0.5 to 10.0)"
    assert str(paired([1.5], [1.25])) == "1.200 (1.200 to 1.200)"


def test_waiting_does_not_count(monkeypatch):
    """Of all clocks that of the processor alone is read."""
    worked = SimpleNamespace(now=0.0)

    def work():
        worked.now += 0.25

    monkeypatch.setattr(interleaved, "time", SimpleNamespace(process_time=lambda: worked.now))
    assert cpu_seconds({"work": work, "wait": lambda: None}, 1) == {"work": 0.25, "wait": 0.0}


def test_a_library_that_is_not_there_is_none():
    assert peer("json").__name__ == "json"
    assert peer("no_such_library_at_all") is None


class Result:
    alive = most = 0

    def __init__(self):
        Result.alive += 1
        Result.most = max(Result.most, Result.alive)

    def __del__(self):
        Result.alive -= 1


def test_results_of_a_turn_are_let_go():
    """Kept, they would have each call take memory that no call has used before."""
    cpu_total(Result)(50)
    assert (Result.alive, Result.most) == (0, 1)
