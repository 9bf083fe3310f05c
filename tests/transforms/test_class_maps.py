"""From logits to class numbers and label values, for samples and batches, one class and several."""

from itertools import product

import pytest
import torch
from monai.data import MetaTensor

from medssl.transforms import ClassNumbersd, LabelValuesd, Probabilitiesd


@pytest.mark.parametrize("batch", [(), (3,)])
@pytest.mark.parametrize("channels", [1, 4])
def test_probabilities_and_numbers(batch, channels):
    logits = torch.randn(*batch, channels, 4, 3, 2)
    found = Probabilitiesd("pred")({"pred": logits})["pred"]
    expected = logits.sigmoid() if channels == 1 else logits.softmax(len(batch))
    torch.testing.assert_close(found, expected)
    numbers = ClassNumbersd("pred")({"pred": found, "other": 1})["pred"]
    assert numbers.shape == (*batch, 1, 4, 3, 2)
    wanted = logits >= 0 if channels == 1 else logits.argmax(len(batch), keepdim=True)
    assert torch.equal(numbers, wanted.to(numbers.dtype))


def test_one_half_counts_as_inside():
    half = {"pred": torch.full((1, 2, 2, 2), 0.5)}
    assert ClassNumbersd("pred")(half)["pred"].min() == 1


TYPES = (torch.float32, torch.uint8, torch.int64)
# A byte holds no 300.
MASKS = [
    *product([[[2]], [[2], [1]]], TYPES),
    *product([[[7, 3], [300], [1]]], (torch.float32, torch.int64)),
]


@pytest.mark.parametrize(("classes", "dtype"), MASKS)
def test_masks_hold_the_label_values_of_the_data_set(classes, dtype):
    """One value of a class at a time, by a loop over the voxels."""
    numbers = MetaTensor(
        torch.randint(len(classes) + 1, (1, 5, 4, 3)).to(dtype), meta={"name": "x"}
    )
    found = LabelValuesd("pred", classes)({"pred": numbers, "other": 1})["pred"]
    expected = [0 if n == 0 else classes[int(n) - 1][0] for n in numbers.flatten().tolist()]
    assert found.flatten().tolist() == expected
    assert (found.dtype, found.shape, found.meta["name"]) == (dtype, numbers.shape, "x")


REGIONS = [[1, 2, 4], [1, 4], [4]]  # whole, core, enhancing, by the values that BraTS gives them


@pytest.mark.parametrize("batch", [(), (2,)])
def test_regions_are_painted_from_the_largest_to_the_smallest(batch):
    """By a loop over the voxels: the smallest region that claims a voxel has it."""
    logits = torch.randn(*batch, 3, 4, 3, 2)
    shares = Probabilitiesd("pred", REGIONS)({"pred": logits})["pred"]
    torch.testing.assert_close(shares, logits.sigmoid())
    numbers = ClassNumbersd("pred", REGIONS)({"pred": shares})["pred"]
    assert numbers.shape == (*batch, 1, 4, 3, 2)
    values = LabelValuesd("pred", REGIONS)({"pred": numbers})["pred"].flatten().tolist()
    own = {0: 2, 1: 1, 2: 4}  # the value that is in this region and in no smaller one
    claims = (logits >= 0).movedim(len(batch), -1).reshape(-1, 3).tolist()
    for value, claimed in zip(values, claims, strict=True):
        smallest = max((index for index in range(3) if claimed[index]), default=None)
        assert value == own.get(smallest, 0)


def test_a_true_map_of_regions_comes_back():
    values = torch.tensor([0, 1, 2, 4]).reshape(1, 4, 1, 1)
    shares = torch.cat([torch.isin(values, torch.tensor(group)) for group in REGIONS]).float()
    numbers = ClassNumbersd("pred", REGIONS)({"pred": shares})["pred"]
    assert torch.equal(LabelValuesd("pred", REGIONS)({"pred": numbers})["pred"], values.float())
