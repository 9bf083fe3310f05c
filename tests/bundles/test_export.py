"""The tasks as TorchScript and ONNX, through MONAI's own commands."""

import onnxruntime
import pytest
import torch
from monai.bundle import ConfigParser, ckpt_export, onnx_export

from ..helpers import move_every_entry
from .conftest import BUNDLES, TASKS

SHAPE = (1, 1, 16, 24, 32)


@pytest.fixture(scope="module", params=TASKS)
def exported(request, tmp_path_factory):
    """A small network of a task, its weight file, and the arguments of MONAI's commands."""
    folder, root = tmp_path_factory.mktemp("export"), BUNDLES / request.param / "configs"
    parser = ConfigParser()
    parser.read_config(str(root / "inference.json"))
    parser["base_channels"] = 2
    network = move_every_entry(parser.get_parsed_content("network_def")).eval()
    torch.save(network.state_dict(), folder / "model.pt")
    return (
        network,
        folder,
        {
            "net_id": "network_def",
            "ckpt_file": str(folder / "model.pt"),
            "meta_file": str(root / "metadata.json"),
            "config_file": str(root / "inference.json"),
            "base_channels": 2,
        },
    )


def test_torchscript_gives_the_same(exported):
    network, folder, options = exported
    ckpt_export(filepath=str(folder / "model.ts"), **options)
    image = torch.rand(SHAPE)
    assert torch.equal(torch.jit.load(folder / "model.ts").eval()(image), network(image))


def test_onnx_gives_the_same_up_to_rounding(exported):
    network, folder, options = exported
    onnx_export(filepath=str(folder / "model.onnx"), input_shape=SHAPE, **options)
    session = onnxruntime.InferenceSession(folder / "model.onnx")
    image = torch.rand(SHAPE)
    (found,) = session.run(None, {session.get_inputs()[0].name: image.numpy()})
    with torch.no_grad():
        expected = network(image)
    assert expected.abs().max() > 0
    torch.testing.assert_close(torch.from_numpy(found), expected, rtol=1e-3, atol=1e-3)
