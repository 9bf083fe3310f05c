"""What a machine can do: memory as autograd keeps it, and a timed step."""

import os

import pytest
import torch

from medssl.analysis.plan.machine import step_seconds, this_machine
from medssl.analysis.plan.rules import BYTES
from medssl.networks import UNet3D


def test_this_machine_has_memory_and_a_name():
    found = this_machine()
    assert found.memory > 2**28
    assert found.gpu == torch.cuda.is_available()
    if not found.gpu:
        assert found.name.startswith(str(len(os.sched_getaffinity(0))))


@pytest.mark.parametrize("width", [4, 8])
def test_a_plan_leaves_twice_what_the_way_back_keeps(width):
    network, kept = UNet3D(base_channels=width), {}

    def keep(tensor):
        kept[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        network(torch.rand(1, 1, 32, 32, 32))
    weights = {weight.untyped_storage().data_ptr() for weight in network.parameters()}
    total = sum(t.untyped_storage().nbytes() for key, t in kept.items() if key not in weights)
    assert total / 32**3 / width == pytest.approx(BYTES / 2, rel=0.05)


@pytest.mark.parametrize("classes", [[[1]], [[1], [2]], [[1, 2], [2]]])
def test_a_step_is_timed_for_any_classes_and_channels(classes):
    assert step_seconds((16, 16, 16), 2, 2, 3, classes, "cpu") > 0
