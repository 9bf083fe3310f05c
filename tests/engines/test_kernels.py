"""Seeds, and the GPU's kernels: fast, or the same bits every time."""

import os

import pytest
import torch

from medssl.engines import settle
from medssl.errors import UserError

cudnn = torch.backends.cudnn
FAST = {"deterministic": False, "benchmark": True, "allow_tf32": True}
SAME = {"deterministic": True, "benchmark": False, "allow_tf32": False}


def flags() -> dict[str, bool]:
    return {name: getattr(cudnn, name) for name in FAST}


@pytest.fixture(autouse=True)
def put_back(monkeypatch):
    for name in FAST:
        monkeypatch.setattr(cudnn, name, getattr(cudnn, name))
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    yield
    torch.use_deterministic_algorithms(False)


def test_a_gpu_is_fast_unless_asked_otherwise_and_again_in_the_next_run():
    settle(0, "cuda:0")
    assert flags() == FAST
    assert "CUBLAS_WORKSPACE_CONFIG" not in os.environ
    settle(0, torch.device("cuda"), deterministic=True)
    assert flags() == SAME
    assert not torch.backends.cuda.matmul.allow_tf32
    assert torch.are_deterministic_algorithms_enabled()
    assert torch.is_deterministic_algorithms_warn_only_enabled()
    assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":4096:8"
    settle(0, "cuda", deterministic=False)
    assert flags() == FAST
    assert not torch.are_deterministic_algorithms_enabled()


@pytest.mark.parametrize("deterministic", [False, True])
def test_a_cpu_is_given_its_seed_alone(deterministic):
    torch.use_deterministic_algorithms(False)
    settle(3, "cpu", deterministic)
    first = torch.rand(4)
    settle(3, "cpu", deterministic)
    assert torch.rand(4).equal(first)
    assert not torch.are_deterministic_algorithms_enabled()


def test_other_values_are_refused():
    with pytest.raises(UserError, match=r"^deterministic: expected true or false, got 'yes'$"):
        settle(0, "cpu", "yes")
