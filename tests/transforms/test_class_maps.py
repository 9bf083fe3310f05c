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
