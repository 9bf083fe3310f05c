"""PCRL's networks: sizes, each branch written out, what learns, what inference gets."""

import math

import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from medssl.channels import channel_to_numbers, numbers_to_channel
from medssl.engines import AutocastInferer, UpdateTarget
from medssl.losses import PCRLLoss
from medssl.networks import ControlledUNet3D, PCRLNetwork, UNet3D
from medssl.pretext import control_codes

PAIRS = {"encoder": "target.encoder", "projector": "target.projector"}
SHAPE = (16, 16, 16)
BATCH = 5


def count(*modules):
    return sum(parameter.numel() for module in modules for parameter in module.parameters())


def build(skip=True):
    torch.manual_seed(0)
    network = PCRLNetwork(base_channels=2, skip=skip)
    with torch.no_grad():  # so that the two branches differ, as they do after some steps
        for parameter in network.target.parameters():
            parameter += 0.05 * torch.randn_like(parameter)
    return network


@pytest.fixture
def inputs():
    """Crops, random codes, random mixing factors, packed by hand."""
    torch.manual_seed(1)
    codes = control_codes(torch.rand(BATCH, 3, 3) < 0.5, torch.randint(4, (BATCH, 3)))
    numbers = torch.cat([codes.flatten(1), 0.5 + torch.rand(BATCH, 1) / 2], dim=1)
    return torch.cat([torch.rand(BATCH, 2, *SHAPE), numbers_to_channel(numbers, SHAPE)], dim=1)


@pytest.mark.parametrize(("skip", "parameters"), [(True, 12_179_521), (False, 9_857_089)])
def test_parameter_counts_are_the_papers(skip, parameters):
    with torch.device("meta"):
        network = PCRLNetwork(skip=skip)
    assert count(network.decoder, network.head, network.control) == parameters
    assert count(network.encoder, network.projector) == 7_027_776 + 512 * 513 + 128 * 513
    assert count(network.target) == count(network.encoder, network.projector)


def literal(network, sample):
    """One sample ``(3, H, W, D)``, branch by branch, in eval mode."""
    numbers = sample[2].flatten()[:22]
    share = numbers[21]
    online = network.encoder(sample[None, :1])
    target = network.target["encoder"](sample[None, 1:2])
    hybrid = [share * o + (1 - share) * t for o, t in zip(online, target)]
    images, vectors = [], []
    for i, levels in enumerate((online, target, hybrid)):
        control = network.control
        gate = torch.relu(control.fc1(numbers[None, 7 * i : 7 * i + 7]))
        gate = torch.sigmoid(control.fc2(gate))
        gated = [*levels[:3], torch.stack([g * level for g, level in zip(gate[0], levels[3][0])])]
        gated[3] = gated[3].reshape(levels[3].shape)
        images.append(torch.sigmoid(network.head(network.decoder(gated))))
        projector = network.projector if i == 0 else network.target["projector"]
        vectors.append(projector(levels[3].mean((2, 3, 4))))
    return torch.cat(images, dim=1), torch.cat(vectors, dim=1)


@pytest.mark.parametrize("skip", [True, False])
def test_every_branch_against_its_definition(inputs, skip):
    network = build(skip).eval()
    output = network(inputs)
    assert output.shape == (BATCH, 4, *SHAPE)
    for row, sample in zip(output, inputs):
        images, vectors = literal(network, sample)
        torch.testing.assert_close(row[None, :3], images)
        torch.testing.assert_close(channel_to_numbers(row[None, 3:], 3 * 128), vectors)


def test_a_code_changes_its_own_reconstruction_alone(inputs):
    network = build().eval()
    changed = inputs.clone()
    changed.flatten(2)[:, 2, 7:14] = control_codes(
        torch.tensor([[True, True, True]]), torch.tensor([1])
    )
    before, after = network(inputs), network(changed)
    same = [torch.equal(before[:, i], after[:, i]) for i in range(4)]
    assert same == [True, False, True, True]


def test_target_starts_as_a_copy_and_is_covered_by_the_pairs():
    network = PCRLNetwork(base_channels=2)
    for online, target in PAIRS.items():
        ours = network.get_submodule(online).state_dict()
        theirs = network.get_submodule(target).state_dict()
        assert ours.keys() == theirs.keys()
        assert all(ours[name].equal(theirs[name]) for name in ours)
    covered = {id(tensor) for tensor in UpdateTarget(network, PAIRS, 0.999).target}
    assert covered == {id(parameter) for parameter in network.target.parameters()}


@pytest.mark.parametrize("skip", [True, False])
def test_every_parameter_learns_and_the_target_does_not(inputs, skip):
    network, loss = build(skip), PCRLLoss(queue_size=64)
    targets = torch.rand(BATCH, 3, *SHAPE)
    loss(network(inputs), targets)  # negatives for the next step
    loss(network(inputs), targets).backward()
    for name, parameter in network.named_parameters():
        if name.startswith("target."):
            assert parameter.grad is None, name
            assert not parameter.requires_grad, name
        elif name.endswith(".conv.bias"):  # batch norm takes the mean off again
            assert parameter.grad is not None, name
        else:
            assert parameter.grad.abs().sum() > 0, name


def test_keys_give_no_gradient_to_what_made_them(inputs):
    """With reconstruction out of the sum, only what leads to the query moves."""
    network, loss = build(), PCRLLoss(queue_size=64, reconstruction_weight=0.0)
    targets = torch.rand(BATCH, 3, *SHAPE)
    loss(network(inputs), targets)
    loss(network(inputs), targets).backward()
    decoder = [*network.decoder.parameters(), *network.control.parameters()]
    assert all(p.grad is None or p.grad.abs().max() == 0 for p in decoder)
    assert network.encoder.blocks[3].unit2.conv.weight.grad.abs().sum() > 0


def test_loss_with_the_last_layers_zeroed(inputs):
    """An output of one half everywhere, and a query that is equally far from all keys."""
    network, loss = build(), PCRLLoss(queue_size=64)
    with torch.no_grad():
        for layer in (network.head, network.projector.fc2):
            layer.weight.zero_()
            layer.bias.zero_()
    targets = torch.rand(BATCH, 3, *SHAPE)
    restored = (targets - 0.5).square().mean().item()
    for step in range(8):
        expected = math.log(1 + min(2 * BATCH * step, 64)) + restored
        assert loss(network(inputs), targets).item() == pytest.approx(expected, rel=1e-5)


def test_inference_network_restores_as_the_training_network_does_without_a_transform(inputs):
    network = build().eval()
    inputs.flatten(2)[:, 2, :7] = control_codes(torch.zeros(1, 3).bool(), torch.zeros(1).long())
    parts = ("encoder.", "decoder.", "head.", "control.")
    weights = {k: v for k, v in network.state_dict().items() if k.startswith(parts)}
    restorer = ControlledUNet3D(base_channels=2)
    restorer.load_state_dict(weights)
    restorer.eval()
    restored = restorer(inputs[:, :1])
    torch.testing.assert_close(restored, network(inputs)[:, :1])
    assert torch.equal(torch.jit.script(restorer)(inputs[:, :1]), restored)
    shared = {k for k in weights if not k.startswith("control.")}
    assert shared == set(UNet3D(base_channels=2).state_dict())


@pytest.mark.parametrize("channels_last", [False, True])
def test_half_precision_and_memory_format(inputs, channels_last):
    network = build().eval()
    expected = network(inputs)
    exact = AutocastInferer("off", channels_last)(inputs, network)
    torch.testing.assert_close(exact, expected, rtol=1e-4, atol=1e-5)
    low = AutocastInferer("bf16", channels_last)(inputs, network)
    assert low.dtype == torch.float32
    assert (low - expected)[:, :3].abs().max() < 0.05
    ours, theirs = (channel_to_numbers(output[:, 3:], 384) for output in (low, expected))
    similarity = F.cosine_similarity(ours.unflatten(1, (3, 128)), theirs.unflatten(1, (3, 128)), 2)
    assert similarity.min() > 0.99
