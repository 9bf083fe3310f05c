"""From logits to class numbers, for samples and batches, one class and several."""

import pytest
import torch

from medssl.transforms import ClassNumbersd, Probabilitiesd


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
