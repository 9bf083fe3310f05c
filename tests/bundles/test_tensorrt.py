"""The TensorRT overlays of the tasks."""

import pytest
import torch
from monai.bundle import ConfigParser

from medssl.errors import UserError, one_line
from medssl.networks import has_tensorrt, tensorrt, with_tensorrt

from ..helpers import move_every_entry
from .conftest import BUNDLES, TASKS


def overlaid(bundle):
    folder = BUNDLES / bundle / "configs"
    parser = ConfigParser()
    parser.read_config([str(folder / f"{name}.json") for name in ("inference", "inference_trt")])
    parser.update({"base_channels": 2, "bundle_root": "root", "overlap": 0})
    return parser


@pytest.mark.parametrize("bundle", TASKS)
@pytest.mark.skipif(has_tensorrt(), reason="TensorRT is here")
def test_without_it_the_overlay_is_refused_in_one_line(bundle):
    with pytest.raises(Exception) as caught:  # noqa: PT011
        overlaid(bundle).get_parsed_content("network")
    assert "pip install tensorrt polygraphy onnx onnxscript" in one_line(caught.value)


@pytest.mark.parametrize("bundle", TASKS)
def test_the_overlay_hands_over_network_weights_and_batch(bundle, monkeypatch):
    """With a stand-in for MONAI's function, which needs a GPU."""
    calls = []

    def compiled(network, path, args):
        calls.append((path, args))
        return network

    monkeypatch.setattr(tensorrt, "has_tensorrt", lambda: True)
    monkeypatch.setattr(tensorrt, "trt_compile", compiled)
    parser = overlaid(bundle)
    network = parser.get_parsed_content("network")
    assert network is parser.get_parsed_content("network_def")
    ((path, args),) = calls
    largest = 64 if "classification" in bundle else 4
    assert path == "root/models/model.pt"
    assert args == {"precision": "fp16", "dynamic_batchsize": [1, largest, largest]}
    if "window_size" in parser:
        assert all(side % 8 == 0 and side > 0 for side in parser.get_parsed_content("window_size"))


@pytest.mark.gpu
@pytest.mark.skipif(not has_tensorrt(), reason="TensorRT is not installed")
def test_the_engine_gives_what_the_network_gives(tmp_path):
    from medssl.networks import UNet3D

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
