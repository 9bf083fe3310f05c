"""A part of a validation tells how long all of it takes."""

from types import SimpleNamespace

import pytest
import torch

from medssl.analysis import brief
from medssl.analysis.brief import forwards_within


class Counting(torch.nn.Module):
    """Says how often it computed; each time takes as many seconds as its clock says."""

    def __init__(self, clock, seconds):
        super().__init__()
        self.clock, self.seconds, self.computed = clock, seconds, 0

    def forward(self, x):
        self.computed += 1
        self.clock.now += self.seconds
        return 2 * x


@pytest.fixture
def clock(monkeypatch):
    """Time that passes as a test says."""
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(brief, "time", SimpleNamespace(perf_counter=lambda: clock.now))
    return clock


@pytest.mark.parametrize(("limit", "computed"), [(0.0, 1), (7.0, 4), (1000.0, 20)])
def test_what_is_left_out_is_told_by_what_was_computed(clock, limit, computed):
    network = Counting(clock, 2.0)
    with forwards_within(network, limit) as left_out:
        outputs = [network(torch.ones(1, 1, 2)) for _ in range(20)]
        assert left_out() + clock.now == pytest.approx(40)
    assert network.computed == computed
    assert all(torch.equal(output, outputs[0]) for output in outputs)


def test_each_shape_is_computed_once_at_least(clock):
    network = Counting(clock, 2.0)
    with forwards_within(network, 0.0):
        for side in (2, 3, 2, 3, 4):
            assert network(torch.ones(1, 1, side)).shape == (1, 1, side)
    assert network.computed == 3


def test_the_network_is_itself_again(clock):
    network = Counting(clock, 2.0)
    with pytest.raises(RuntimeError, match="stop"), forwards_within(network, 0.0):
        raise RuntimeError("stop")
    for _ in range(3):
        network(torch.ones(1))
    assert network.computed == 3
    assert "forward" not in vars(network)
