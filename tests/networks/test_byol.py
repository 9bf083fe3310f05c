"""BYOL: the paper's sizes, what learns and what follows, values at the start, CPU and GPU."""

import pytest
import torch

from medssl.engines import UpdateTarget
from medssl.losses import BYOLLoss
from medssl.networks import BYOLNetwork, FeatureEncoder
from medssl.pretext import SimCLRPretext

PAIRS = {"encoder": "target.encoder", "projector": "target.projector"}


def count(module):
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.fixture
def small():
    torch.manual_seed(0)
    return BYOLNetwork(base_channels=2, projection=8), torch.rand(6, 2, 16, 16, 8)


def test_parameter_counts_are_the_papers():
    network = BYOLNetwork()
    assert count(network.encoder) + count(network.projector) == 7_422_784
    assert count(network.predictor) == 263_936
    assert count(network) == 15_109_504


def test_output_holds_predictions_and_projections_of_both_views(small):
    """Each branch written out, view by view, in eval mode, where views do not share statistics."""
    network, images = small
    network.eval()
    expected = []
    for embed in (network.embed, network.target):
        expected += [embed(images[:, view : view + 1]) for view in (0, 1)]
    torch.testing.assert_close(network(images), torch.cat(expected, dim=1))
    assert network(images).shape == (6, 4 * 8)


def test_target_starts_as_a_copy_of_encoder_and_projector(small):
    network, _ = small
    for online, target in PAIRS.items():
        ours = network.get_submodule(online).state_dict()
        theirs = network.get_submodule(target).state_dict()
        assert ours.keys() == theirs.keys()
        assert all(ours[name].equal(theirs[name]) for name in ours)


def test_no_gradient_reaches_the_target_and_every_other_parameter_gets_one(small):
    network, images = small
    BYOLLoss()(network(images)).backward()
    for name, parameter in network.named_parameters():
        if name.startswith("target."):
            assert parameter.grad is None, name
            assert not parameter.requires_grad, name
        elif name.endswith((".fc1.bias", ".conv.bias")):  # batch norm takes the mean off again
            assert parameter.grad is not None, name
        else:
            assert parameter.grad.abs().sum() > 0, name


def test_loss_is_four_with_the_last_layer_zeroed(small):
    network, images = small
    with torch.no_grad():
        network.predictor.fc2.weight.zero_()
        network.predictor.fc2.bias.zero_()
    assert BYOLLoss()(network(images)).item() == pytest.approx(4.0)


def test_loss_is_zero_for_a_perfect_predictor_of_equal_views(small):
    """Same crop twice, target equal to online, predictor the identity."""
    network, images = small
    network.predictor = torch.nn.Identity()
    pred = network(images[:, :1].expand(-1, 2, -1, -1, -1))
    assert BYOLLoss()(pred).item() == pytest.approx(0.0, abs=1e-5)


def test_weight_decay_and_momentum_leave_the_target_alone(small):
    network, images = small
    before = [parameter.clone() for parameter in network.target.parameters()]
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9, weight_decay=0.5)
    BYOLLoss()(network(images)).backward()
    optimizer.step()
    assert all(a.equal(b) for a, b in zip(before, network.target.parameters()))


def test_the_whole_target_is_covered_by_the_pairs(small):
    network, _ = small
    covered = {id(tensor) for tensor in UpdateTarget(network, PAIRS, 0.9).target}
    assert covered == {id(parameter) for parameter in network.target.parameters()}


def test_encoder_features_are_those_of_the_inference_network(small):
    network, images = small
    features = FeatureEncoder(2)
    features.load_state_dict(network.state_dict(), strict=False)
    deepest = network.eval().encoder(images[:, :1])[-1].mean((2, 3, 4))
    torch.testing.assert_close(features.eval()(images[:, :1]), deepest)


def test_scripted_network_agrees_with_the_eager_one(small):
    network, images = small
    network.eval()
    assert torch.equal(torch.jit.script(network)(images), network(images))


@pytest.mark.gpu
def test_gpu_and_cpu_agree(small):
    network, images = small
    seeds = torch.arange(6)
    losses = {}
    for device in ("cpu", "cuda"):
        network.to(device).eval()
        views, _ = SimCLRPretext()(images.to(device), seeds)
        losses[device] = BYOLLoss()(network(views)).item()
    assert losses["cuda"] == pytest.approx(losses["cpu"], rel=1e-3)
