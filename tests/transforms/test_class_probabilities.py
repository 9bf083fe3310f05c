"""Logits of one image, of several side by side, and of a batch."""

import torch

from medssl.transforms import ClassProbabilitiesd


def test_one_row_for_each_image_whatever_the_shape():
    logits = torch.randn(4, 3)
    expected = logits.softmax(1)
    change = ClassProbabilitiesd("pred", 3)
    for shape in ((4, 3), (12,)):
        found = change({"pred": logits.reshape(shape), "kept": 1})
        torch.testing.assert_close(found["pred"], expected)
        assert found["kept"] == 1
    torch.testing.assert_close(change({"pred": logits[0]})["pred"], expected[:1])
