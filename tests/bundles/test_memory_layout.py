"""One bundle computes in one memory layout: in training, evaluation, inference and MONAI Label.

Another layout rounds otherwise, so that logits of one room would not be those of another.
"""

import json

import pytest
import torch
from monai.bundle import ConfigParser

from medssl.engines.identity import flatten
from medssl.networks.layout import lies_last as chosen

from .conftest import BUNDLES, PRETEXT, TASKS

# Configs, key of the network and of what hands it over. MONAI Label loads the one of inference.json
# that nobody placed.
ROOMS = {
    "validation": (("train",), "network", "validate#inferer"),
    "evaluation": (("train", "evaluate"), "network", "validate#inferer"),
    "inference": (("inference",), "network", "inferer"),
    "MONAI Label": (("inference",), "network_def", "inferer"),
}
SIDES = [16, 16, 16]
CONVOLUTIONS = (torch.nn.Conv3d, torch.nn.ConvTranspose3d)


def lies_last(tensor):
    """``is_contiguous`` says so of one channel however it lies."""
    assert max(tensor.shape[2:]) > 1
    return tensor.stride(1) == 1


def built(bundle, room, channels_last, folder):
    """The network of a room and its inferer."""
    configs, *keys = ROOMS[room]
    known = {"spacing": [1.0] * 3, "window": [-1000, 1000], "window_size": SIDES}
    (folder / "provenance.json").write_text(json.dumps({"scan": known}))
    parser = ConfigParser()
    parser.read_config([BUNDLES / bundle / "configs" / f"{name}.json" for name in configs])
    settings = {"bundle_root": str(BUNDLES / bundle), "dataset_dir": str(folder), "device": "cpu"}
    settings |= {"output_dir": str(folder), "model": str(folder / "model.pt"), "amp": "off"}
    settings |= {"base_channels": 4, "classes": [[1]], "window_rule": "any"}
    settings |= {"crop_size": SIDES, "window_size": SIDES}
    parser.update({key: value for key, value in settings.items() if key in parser.config})
    parser["channels_last"] = channels_last
    return [parser.get_parsed_content(key) for key in keys]


def judged(network, inferer):
    """Whether the network's input lies channels-last, and what comes out."""
    layouts, outputs = set(), []
    network.register_forward_pre_hook(lambda _, call: layouts.add(lies_last(call[0])))
    network.register_forward_hook(lambda *call: outputs.append(call[-1].clone()))
    torch.manual_seed(0)
    network.load_state_dict({k: torch.rand(v.shape) for k, v in network.state_dict().items()})
    with torch.no_grad():
        inferer(torch.rand(1, 1, *SIDES), network.eval())
    return layouts, torch.cat(outputs)


@pytest.mark.parametrize("bundle", TASKS)
@pytest.mark.parametrize(("channels_last", "expected"), [("auto", True), (False, False)])
def test_all_rooms_lay_out_alike(bundle, channels_last, expected, tmp_path):
    first = None
    for room in ROOMS:
        network, inferer = built(bundle, room, channels_last, tmp_path)
        layouts, outputs = judged(network, inferer)
        assert layouts == {expected}, room
        first = outputs if first is None else first
        assert torch.equal(outputs, first), room


@pytest.mark.parametrize("bundle", [*PRETEXT, *TASKS])
@pytest.mark.parametrize(("channels_last", "expected"), [("auto", True), (False, False)])
def test_inference_lays_out_weights_and_input(bundle, channels_last, expected, tmp_path):
    network, inferer = built(bundle, "inference", channels_last, tmp_path)
    weights = (each.weight for each in network.modules() if isinstance(each, CONVOLUTIONS))
    assert {lies_last(weight) for weight in weights if weight.shape[-1] > 1} == {expected}
    assert judged(network, inferer)[0] == {expected}


@pytest.mark.parametrize("bundle", [*PRETEXT, *TASKS])
def test_auto_is_the_default(bundle):
    for name in ("train", "inference"):
        path = BUNDLES / bundle / "configs" / f"{name}.json"
        assert json.loads(path.read_text(encoding="utf-8"))["channels_last"] == "auto"


OVERLAYS = ("evaluate", "small", "paper", "multi_gpu_train")


@pytest.mark.parametrize("device", ["cpu", "cuda"])
@pytest.mark.parametrize("bundle", [*PRETEXT, *TASKS])
def test_every_recipe_and_inference_choose_alike(bundle, device):
    """A recipe of its own would train in another layout than inference takes on that device."""
    configs, found = BUNDLES / bundle / "configs", {}
    overlays = [name for name in OVERLAYS if (configs / f"{name}.json").is_file()]
    for names in (["inference"], ["train"], *(["train", name] for name in overlays)):
        parser = ConfigParser()
        parser.read_config([configs / f"{name}.json" for name in names])
        places = [key for key in flatten(parser.config) if key.endswith("::channels_last")]
        assert len(places) > 1
        values = [parser.get_parsed_content(place) for place in ("channels_last", *places)]
        found[tuple(names)] = {chosen(value, device) for value in values}
    assert set(map(frozenset, found.values())) == {frozenset([device == "cpu"])}, found
