"""Steps of two ranks are steps of one with the joint batch, for every pretext method."""

from functools import partial

import pytest
import torch
from torch import nn
from torch.nn.functional import interpolate
from torch.nn.modules.batchnorm import _BatchNorm as BatchNorm

from medssl.networks import place
from medssl.networks.blocks import synchronise_batch_norm
from tests.helpers import RANKS, on_two_ranks

# The bundles whose network, transform and loss are trained, and the crops of a sample.
CROPS = {
    "pretrain_rotation": 1,
    "pretrain_relative_patch_location": 2,
    "pretrain_jigsaw": 8,
    "pretrain_rubiks_cube": 8,
    "pretrain_rubiks_cube_plus": 8,
    "pretrain_autoencoder": 1,
    "pretrain_models_genesis": 1,
    "pretrain_pcrl": 2,
    "pretrain_simclr": 2,
    "pretrain_byol": 2,
}
# Two steps, because a wrong gradient of the first shows in the loss of the second, and because
# PCRL's queue of negatives, gathered from all ranks, is empty in the first.
STEPS, BATCH = 2, 4


def read_configs(bundle, *names):
    """A bundle's configurations at a small size on the CPU."""
    from monai.bundle import ConfigParser  # the spawned ranks do without it

    from tests.bundles.conftest import BUNDLES

    parser = ConfigParser()
    parser.read_config([BUNDLES / bundle / "configs" / f"{name}.json" for name in names])
    parser.update({"base_channels": 4, "device": "cpu"})
    return parser


def draw_problem(bundle):
    """Network, transform and loss of a bundle's configuration, and batches to train on."""
    torch.manual_seed(0)
    parser = read_configs(bundle, "train")
    names = ("network_def", "train#preprocessing", "loss")
    coarse = torch.rand(STEPS * BATCH, CROPS[bundle], 4, 4, 4)
    images = interpolate(coarse, scale_factor=4, mode="trilinear").split(BATCH)
    seeds = torch.arange(STEPS * BATCH).split(BATCH)
    return [*(parser.get_parsed_content(name) for name in names), list(zip(images, seeds))]


def train(problem, device, rank=None):
    """Losses of plain SGD on a rank's share of each batch, or on all of it, and the final state.

    In double precision, against which even the smallest step is large. On the CPU, where batch
    norm cannot be synchronised, its running statistics are fixed: those of a rank's share differ
    from those of the joint batch, and so would all else.
    """
    network, transform, loss, batches = problem
    together = rank is None
    network = place(network.double(), device, sync_batch_norm=device == "cuda" and not together)
    network.train(device == "cuda")
    model = network if together else nn.parallel.DistributedDataParallel(network)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    losses = []
    for batch in batches:
        images, seeds = batch if together else (tensor.chunk(RANKS)[rank] for tensor in batch)
        inputs, targets = (tensor.to(device) for tensor in transform(images, seeds))
        optimizer.zero_grad()
        cost = loss.to(device)(model(inputs.double()), targets)
        cost.backward()
        optimizer.step()
        losses.append(cost.item())
    return losses, {name: value.cpu() for name, value in network.state_dict().items()}


def train_all(path, device, rank=None):
    """What :func:`train` returns, by bundle."""
    problems = torch.load(path, weights_only=False)
    return {bundle: train(problem, device, rank) for bundle, problem in problems.items()}


@pytest.fixture(scope="module")
def problems(tmp_path_factory):
    """A file with the problems of all bundles."""
    path = tmp_path_factory.mktemp("joint_batch") / "problems.pt"
    torch.save({bundle: draw_problem(bundle) for bundle in CROPS}, path)
    return path


def compare(problems, device, folder):
    """All bundles' initial states, results of the joint batch, and results of each rank."""
    loaded = torch.load(problems, weights_only=False)
    before = {bundle: problem[0].state_dict() for bundle, problem in loaded.items()}
    ranks = on_two_ranks(partial(train_all, problems, device), folder)
    return before, train_all(problems, device), ranks


@pytest.fixture(scope="module")
def on_cpu(problems, tmp_path_factory):
    return compare(problems, "cpu", tmp_path_factory.mktemp("ranks"))


@pytest.mark.parametrize("bundle", CROPS)
def test_two_ranks_have_losses_and_weights_of_the_joint_batch(bundle, on_cpu):
    before, joint, ranks = on_cpu
    (losses, weights), (first, second) = joint[bundle], (rank[bundle] for rank in ranks)
    assert torch.tensor([first[0], second[0]]).mean(0).tolist() == pytest.approx(losses, rel=1e-5)
    for name, expected in weights.items():
        assert first[1][name].equal(second[1][name]), name
        step = (expected - before[bundle][name]).abs().max().item()
        assert (step > 0) == expects_gradient(name), name
        # SimCLR's float32 similarities, divided by a small temperature, cost up to 1.3e-4.
        torch.testing.assert_close(first[1][name], expected, rtol=1e-12, atol=1e-3 * step)


def expects_gradient(name):
    """Whether an entry of a state is a parameter of the online network."""
    buffers = ("running_mean", "running_var", "num_batches_tracked")
    return not name.startswith("target.") and not name.endswith(buffers)


@pytest.mark.gpu
def test_synchronised_batch_norm_has_the_statistics_of_the_joint_batch(problems, tmp_path):
    """In training mode; both ranks share a GPU, which gloo allows."""
    _, joint, (first, second) = compare(problems, "cuda", tmp_path)
    for bundle, (losses, state) in joint.items():
        mean = torch.tensor([first[bundle][0], second[bundle][0]]).mean(0)
        assert mean.tolist() == pytest.approx(losses, rel=1e-4), bundle
        for rank in (first, second):
            torch.testing.assert_close(rank[bundle][1], state, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("bundle", CROPS)
def test_the_switch_replaces_every_batch_norm_and_nothing_else(bundle, problems):
    network = torch.load(problems, weights_only=False)[bundle][0]
    kinds = {name: type(module) for name, module in network.named_modules()}
    state = {name: value.clone() for name, value in network.state_dict().items()}
    norms = {name for name, kind in kinds.items() if issubclass(kind, BatchNorm)}
    assert norms
    converted = synchronise_batch_norm(network)
    assert {name: type(module) for name, module in converted.named_modules()} == {
        name: nn.SyncBatchNorm if name in norms else kind for name, kind in kinds.items()
    }
    torch.testing.assert_close(converted.state_dict(), state, rtol=0, atol=0)


@pytest.mark.parametrize("bundle", CROPS)
def test_the_switch_is_a_key_and_refuses_the_cpu(bundle):
    parser = read_configs(bundle, "train", "multi_gpu_train")
    assert parser["sync_batch_norm"] is False
    parser.update({"sync_batch_norm": True})
    with pytest.raises(RuntimeError) as failure:
        parser.get_parsed_content("network#module")
    assert "sync_batch_norm: needs CUDA devices" in str(failure.value.__cause__)
