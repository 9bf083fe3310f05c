"""Moving-average targets: exact values, the steps that count, kills and ranks."""

import math
from functools import partial
from itertools import pairwise

import pytest
import torch
from ignite.engine import Events
from monai.engines import SupervisedTrainer
from torch import nn
from torch.utils.data import Dataset

from medssl.engines import Checkpoint, UpdateTarget, stream_loader
from medssl.errors import UserError
from medssl.networks import target_of
from medssl.weights import load_torch
from tests.helpers import on_two_ranks, run_and_kill


class Pair(nn.Module):
    """A linear map with batch norm, and the target of both."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.online = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3))
        self.target = target_of(self.online)

    def forward(self, x):
        with torch.no_grad():
            projection = self.target(x)
        return self.online(x) - projection


class Noise(Dataset):
    def __len__(self) -> int:
        return 12

    def __getitem__(self, key):
        generator = torch.Generator().manual_seed(1000 * key[0] + key[1])
        return torch.rand(2, 3, generator=generator)


def build(tmp_path, momentum=0.9, final=None, network=None, **options) -> SupervisedTrainer:
    network = network or Pair()
    raw = network.module if isinstance(network, nn.parallel.DistributedDataParallel) else network
    optimizer = torch.optim.SGD(network.parameters(), lr=0.5, momentum=0.9, weight_decay=0.1)
    loader = stream_loader(Noise(), 3)
    state = {"network": raw, "optimizer": optimizer}
    return SupervisedTrainer(
        device=torch.device("cpu"),
        max_epochs=3,
        train_data_loader=loader,
        network=network,
        optimizer=optimizer,
        loss_function=nn.MSELoss(),
        prepare_batch=lambda batch, *_, **__: (batch[:, 0], batch[:, 1]),
        train_handlers=[
            UpdateTarget(raw, {"online": "target"}, momentum, final),
            Checkpoint(tmp_path, state, loader, every=2),
        ],
        decollate=False,
        **options,
    )


def record(trainer) -> list[tuple[list, list]]:
    """Parameters of both branches after each iteration, the initial ones first."""
    network = trainer.network

    def snapshot():
        pair = (network.online, network.target)
        return tuple([p.detach().clone() for p in part.parameters()] for part in pair)

    history = [snapshot()]
    trainer.add_event_handler(Events.ITERATION_COMPLETED, lambda: history.append(snapshot()))
    return history


def moved(history) -> list[bool]:
    """Whether the target changed in each iteration."""
    weights = [target[0] for _, target in history]
    return [not before.equal(after) for before, after in pairwise(weights)]


@pytest.mark.parametrize("final", [None, 1.0])
def test_target_is_the_moving_average_written_out(tmp_path, final):
    trainer = build(tmp_path, 0.9, final)
    history = record(trainer)
    trainer.run()
    assert len(history) == 13
    expected = [p.double() for p in history[0][1]]
    assert all(a.equal(b) for a, b in zip(*history[0]))
    for k, (online, target) in enumerate(history[1:]):
        rate = 0.1 if final is None else 0.1 * (1 + math.cos(math.pi * k / 12)) / 2
        expected = [(1 - rate) * e + rate * p.double() for e, p in zip(expected, online)]
        for ours, theirs in zip(target, expected):
            torch.testing.assert_close(ours.double(), theirs, rtol=0, atol=1e-6)
    assert not history[-1][0][0].allclose(history[-1][1][0], atol=1e-3)


def test_momentum_rises_from_the_first_value_towards_the_last():
    handler = UpdateTarget(Pair(), {"online": "target"}, 0.996, 1.0)
    values = [handler.momentum_at(k, 1000) for k in range(1, 1001)]
    assert values[0] == pytest.approx(0.996)
    assert values[500] == pytest.approx(0.998)
    assert values == sorted(values)
    assert 1 - 1e-7 < values[-1] < 1


def test_running_statistics_are_the_targets_own(tmp_path):
    """With momentum 1 the target stands still, but still sees the data."""
    trainer = build(tmp_path, 1.0)
    own = target_of(trainer.network.target)
    trainer.add_event_handler(Events.ITERATION_COMPLETED, lambda e: own(e.state.batch[:, 0]))
    trainer.run()
    for name, value in own.state_dict().items():
        assert trainer.network.target.state_dict()[name].equal(value), name
    online = trainer.network.online[1].running_mean
    assert not online.allclose(own[1].running_mean, atol=1e-3)


def test_accumulated_gradients_are_one_step(tmp_path):
    trainer = build(tmp_path, accumulation_steps=2)
    history = record(trainer)
    trainer.run()
    assert moved(history) == [False, True] * 6


@pytest.mark.parametrize("fused", [False, True])
def test_a_step_the_loss_scaler_skips_does_not_move_the_target(tmp_path, fused):
    trainer = build(tmp_path, 0.5)
    network = trainer.network
    optimizer = torch.optim.SGD(network.parameters(), lr=0.5, fused=fused)
    trainer.optimizer = optimizer
    scaler = torch.amp.GradScaler("cpu", init_scale=4.0)

    def step(engine, batch):
        optimizer.zero_grad()
        scaler.scale(network(batch[:, 0]).square().mean()).backward()
        if engine.state.iteration in (2, 5):
            network.online[0].weight.grad[0, 0] = torch.inf
        scaler.step(optimizer)
        scaler.update()

    trainer._process_function = step

    @trainer.on(Events.STARTED)
    @torch.no_grad()
    def part():
        network.online[0].weight.add_(1.0)  # so that a step moves the target in any case

    history = record(trainer)
    trainer.run()
    assert [k for k, did in enumerate(moved(history), 1) if not did] == [2, 5]


def test_killed_and_resumed_equals_uninterrupted(tmp_path):
    build(tmp_path / "whole", 0.9, 1.0).run()
    expected = load_torch(tmp_path / "whole" / "checkpoint.pt")["state"]["network"]
    assert any(name.startswith("target.") for name in expected)
    for kill_at in (1, 2, 5, 8, 12):
        folder = tmp_path / str(kill_at)
        run_and_kill(build(folder, 0.9, 1.0), kill_at)
        build(folder, 0.9, 1.0).run()
        resumed = load_torch(folder / "checkpoint.pt")["state"]["network"]
        assert all(resumed[name].equal(value) for name, value in expected.items()), kill_at


def test_frozen_copy_shares_nothing_and_needs_no_gradient():
    network = Pair()
    assert not any(p.requires_grad for p in network.target.parameters())
    assert all(p.requires_grad for p in network.online.parameters())
    with torch.no_grad():
        network.online[0].weight.zero_()
    assert network.target[0].weight.abs().min() > 0


@pytest.mark.parametrize(
    ("pairs", "momentum", "message"),
    [
        ({"online": "taget"}, 0.9, r"no 'taget'; its parts are \['online', 'target'\]"),
        ({"online.0": "target"}, 0.9, "'online.0' and 'target' do not have the same parameters"),
        ({"online": "target"}, 1.5, "^momentum: .*1.5"),
    ],
)
def test_bad_arguments_are_named(pairs, momentum, message):
    with pytest.raises(UserError, match=message):
        UpdateTarget(Pair(), pairs, momentum)


def _train_one_rank(folder, rank):
    trainer = build(folder / str(rank), network=nn.parallel.DistributedDataParallel(Pair()))
    trainer.run()
    return trainer.network.module.state_dict()


@pytest.mark.slow
def test_two_ranks_keep_the_same_target(tmp_path):
    first, second = on_two_ranks(partial(_train_one_rank, tmp_path), tmp_path)
    parameters = [name for name, _ in Pair().target.named_parameters(prefix="target")]
    assert all(first[name].equal(second[name]) for name in parameters)
    assert not first["target.0.weight"].equal(Pair().target[0].weight)


def test_a_hand_over_reaches_the_target_at_the_start_and_no_later(tmp_path):
    network = Pair()
    for value in network.online.state_dict().values():
        value.add_(1)  # as weights that were handed over after the target was made
    trainer = build(tmp_path, momentum=1.0, network=network)
    expected = {name: value.clone() for name, value in network.online.named_parameters()}
    started = []

    @trainer.on(Events.STARTED)
    def look():
        ours, theirs = network.online.state_dict(), network.target.state_dict()
        started.append(all(ours[name].equal(theirs[name]) for name in ours))

    trainer.run()
    target = dict(network.target.named_parameters())
    assert started == [True]
    assert all(target[name].equal(expected[name]) for name in expected)
    again = Pair()
    build(tmp_path, momentum=1.0, network=again).run()  # finished: restored, not started over
    target = dict(again.target.named_parameters())
    assert all(target[name].equal(expected[name]) for name in expected)
