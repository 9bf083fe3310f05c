"""TensorRT: what is compiled and where to, what is missing, and that an engine computes alike."""

import pytest
import torch
from torch import nn

from medssl.errors import UserError
from medssl.networks import UNet3D, has_tensorrt, tensorrt, with_tensorrt

from ..helpers import move_every_entry


@pytest.mark.gpu
@pytest.mark.skipif(not has_tensorrt(), reason="TensorRT is not installed")
def test_the_engine_gives_what_the_network_gives(tmp_path):
    network = move_every_entry(UNet3D(base_channels=8)).eval().cuda()
    image = torch.rand(2, 1, 32, 32, 32, device="cuda")
    with torch.no_grad():
        expected = network(image)
        found = with_tensorrt(network, tmp_path / "model.pt", 4, "fp32")(image)
    torch.testing.assert_close(found, expected, rtol=1e-2, atol=1e-2)


@pytest.mark.skipif(has_tensorrt(), reason="TensorRT is here")
def test_the_message_says_what_is_missing():
    with pytest.raises(UserError, match="tensorrt, polygraphy cannot be found"):
        with_tensorrt(torch.nn.Identity(), "model.pt", 1)


@pytest.fixture
def machine(monkeypatch):
    """A function that makes this machine one with a GPU, or not, which lacks some packages."""

    def make(gpu, lacking=()):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: gpu)
        monkeypatch.setattr(tensorrt, "find_spec", lambda name: None if name in lacking else name)

    return make


def test_it_takes_a_gpu_and_every_package(machine):
    machine(gpu=True)
    assert has_tensorrt()
    for name in tensorrt.PACKAGES:
        machine(gpu=True, lacking=[name])
        assert not has_tensorrt()
        with pytest.raises(UserError, match=f"the packages {name} cannot be found"):
            with_tensorrt(nn.Identity(), "model.pt", 1)
    machine(gpu=False)
    with pytest.raises(UserError, match="a CUDA device cannot be found"):
        with_tensorrt(nn.Identity(), "model.pt", 1)


def test_the_engine_lies_beside_the_weights_and_takes_batches_up_to_the_largest(
    machine, monkeypatch, tmp_path
):
    machine(gpu=True)
    calls = []
    monkeypatch.setattr(tensorrt, "trt_compile", lambda *words, args: calls.append((words, args)))
    network = nn.Identity()
    with_tensorrt(network, tmp_path / "model.pt", 6, "bf16")
    settings = {"precision": "bf16", "dynamic_batchsize": [1, 6, 6]}
    assert calls == [((network, str(tmp_path / "model.pt")), settings)]
