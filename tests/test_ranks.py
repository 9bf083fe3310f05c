"""Work of rank 0 alone: all get its result, and where it fails nobody waits."""

import sys
from types import SimpleNamespace

import pytest

from medssl import ranks


@pytest.fixture
def rank(monkeypatch):
    """Make this process rank ``n``; what rank 0 sends is kept for the others."""
    sent = []

    def broadcast(outcome, src):
        assert src == 0
        if ranks.is_main():
            sent[:] = outcome
        outcome[:] = sent

    def become(number, initialized=True):
        fake = SimpleNamespace(
            is_available=lambda: True,
            is_initialized=lambda: initialized,
            get_rank=lambda: number,
            broadcast_object_list=broadcast,
        )
        monkeypatch.setitem(sys.modules, "torch.distributed", fake)

    return become


def test_one_process_is_the_main_one(rank):
    rank(3, initialized=False)
    assert ranks.is_main()
    assert ranks.on_main(lambda: 5) == 5


def test_only_rank_0_works_and_all_get_the_result(rank):
    def never():
        raise AssertionError("only rank 0 is to work")

    rank(0)
    assert ranks.is_main()
    assert ranks.on_main(lambda: {"a": 1}) == {"a": 1}
    rank(1)
    assert not ranks.is_main()
    assert ranks.on_main(never) == {"a": 1}


def test_nothing_is_a_result_too(rank):
    rank(0)
    assert ranks.on_main(lambda: None) is None
    rank(1)
    assert ranks.on_main(lambda: 1) is None


def test_a_failure_is_raised_where_it_happened_and_ends_the_others(rank):
    def fail():
        raise KeyError("why")

    rank(0)
    with pytest.raises(KeyError, match="why"):
        ranks.on_main(fail)
    rank(1)
    with pytest.raises(SystemExit) as caught:
        ranks.on_main(fail)
    assert caught.value.code == 1
