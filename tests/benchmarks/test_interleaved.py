"""Ways are timed in turn, by the processor's time alone."""

import time

from interleaved import cpu_seconds, peer


def test_each_has_its_turn_after_a_call_that_does_not_count():
    calls = []
    ways = {name: lambda name=name: calls.append(name) for name in "ab"}
    assert set(cpu_seconds(ways, rounds=3)) == {"a", "b"}
    assert "".join(calls) == "ab" + "ababab"


def test_waiting_does_not_count():
    assert cpu_seconds({"sleep": lambda: time.sleep(0.1)}, 1)["sleep"] < 0.05


def test_a_library_that_is_not_there_is_none():
    assert peer("json").__name__ == "json"
    assert peer("no_such_library_at_all") is None
