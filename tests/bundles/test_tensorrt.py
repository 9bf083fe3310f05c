"""The TensorRT overlays of the tasks."""

import pytest
from monai.bundle import ConfigParser

from medssl.errors import one_line
from medssl.networks import has_tensorrt, tensorrt

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
    largest = parser.get("batch_size", 4)
    assert path == "root/models/model.pt"
    assert args == {"precision": "fp16", "dynamic_batchsize": [1, largest, largest]}
    if "window_size" in parser:
        assert all(side % 8 == 0 and side > 0 for side in parser.get_parsed_content("window_size"))
