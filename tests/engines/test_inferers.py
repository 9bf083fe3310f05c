"""Autocast around the network's forward pass."""

from contextlib import nullcontext

import pytest
import torch

from medssl.engines import AutocastInferer
from medssl.errors import UserError
from medssl.networks import UNet3D, place


def output_dtypes(inferer: AutocastInferer) -> tuple[torch.dtype, torch.dtype]:
    """Dtype inside the network (its last convolution) and of the prediction."""
    network, inside = UNet3D(base_channels=2), []
    network.head.register_forward_hook(lambda *call: inside.append(call[-1].dtype))
    prediction = inferer(torch.rand(2, 1, 24, 8, 8), network)
    return inside[0], prediction.dtype


@pytest.mark.parametrize(("amp", "dtype"), [("off", torch.float32), ("bf16", torch.bfloat16)])
def test_autocast_really_happens_on_the_cpu(amp, dtype):
    assert output_dtypes(AutocastInferer(amp)) == (dtype, torch.float32)


@pytest.mark.parametrize(("side", "refused"), [(8, True), (16, True), (24, False)])
def test_crops_that_bf16_on_a_cpu_learns_wrongly_from_are_refused(side, refused):
    network, image = UNet3D(base_channels=2), torch.rand(2, 1, side, 16, 16)
    infer = AutocastInferer("bf16")
    with pytest.raises(UserError, match="crop_size") if refused else nullcontext():
        infer(image, network)
    infer(image, network.eval())


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize(("channels_last", "expected"), [(True, 1), ("auto", 1), (False, 512)])
def test_the_network_sees_the_layout_on_a_cpu(channels, channels_last, expected):
    """By its stride: of one channel PyTorch calls either layout contiguous."""
    network, strides = UNet3D(channels, base_channels=2), []
    network.register_forward_pre_hook(lambda _, call: strides.append(call[0].stride(1)))
    AutocastInferer(channels_last=channels_last)(torch.rand(2, channels, 8, 8, 8), network)
    assert strides == [expected]


def test_weights_that_nobody_laid_out_give_the_same_output():
    """So MONAI Label, which loads the network by itself, has the logits of all others."""
    images, infer = torch.rand(2, 1, 32, 32, 32), AutocastInferer(channels_last=True)
    network = UNet3D(base_channels=8).eval()
    with torch.no_grad():
        plain = infer(images, network)
        assert torch.equal(infer(images, place(network, "cpu", channels_last=True)), plain)


@pytest.mark.parametrize("amp", ["half", "auto"])
def test_unknown_precision_is_named(amp):
    with pytest.raises(UserError, match="amp: expected one of"):
        AutocastInferer(amp)


def test_fp16_on_a_cpu_is_refused():
    with pytest.raises(UserError, match="'fp16' needs a CUDA device"):
        AutocastInferer("fp16")(torch.rand(1, 1, 8, 8, 8), UNet3D(base_channels=2))
