"""Some rows of a batch get an operation, the others stay as they are."""

from dataclasses import dataclass

import pytest
import torch
from torch import Tensor

from medssl.transforms import SampleParams, apply_where
from medssl.transforms.rows import apply_by_group, runs_on_cpu


@dataclass(frozen=True)
class Shift(SampleParams):
    amount: Tensor


@dataclass(frozen=True)
class Shifts(SampleParams):
    first: Shift
    seeds: Tensor


def shift(images, params):
    return images + params.amount[:, None, None, None, None]


def test_rows_go_down_into_parameters_of_parameters():
    params = Shifts(Shift(torch.tensor([5, 6, 7])), torch.tensor([[0, 1], [2, 3], [4, 5]]))
    some = params.rows(torch.tensor([2, 0]))
    assert isinstance(some, Shifts)
    assert some.first.amount.tolist() == [7, 5]
    assert some.seeds.tolist() == [[4, 5], [0, 1]]


@pytest.mark.parametrize("active", [[0, 1, 0, 1], [1, 1, 1, 1], [0, 0, 0, 0], [1, 0, 0, 0]])
def test_active_rows_meet_their_own_parameters(active):
    images = torch.rand(4, 2, 1, 2, 3)
    before, params = images.clone(), Shift(torch.tensor([1.0, 2.0, 3.0, 4.0]))
    found = apply_where(images, torch.tensor(active).bool(), params, shift)
    for row, is_active in enumerate(active):
        expected = before[row] + (row + 1 if is_active else 0)
        assert torch.equal(found[row], expected)
    assert torch.equal(images, before)


def test_an_operation_without_rows_is_never_called():
    def fail(images):
        raise AssertionError(images)

    images = torch.arange(5.0).reshape(5, 1, 1, 1, 1)
    operations = [fail, lambda images: images * 10, lambda images: -images]
    found = apply_by_group(images, torch.tensor([1, 2, 2, 1, 2]), operations)
    assert found.flatten().tolist() == [0, -1, -2, 30, -4]


def test_the_loops_take_contiguous_float32_alone():
    images = torch.rand(2, 1, 3, 4, 5)
    assert runs_on_cpu(images)
    assert not runs_on_cpu(images.transpose(2, 3))
    assert not runs_on_cpu(images.double())
    assert not runs_on_cpu(images.to("meta"))
