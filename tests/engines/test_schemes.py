"""Fine-tuning schemes: what stands still, when, with which optimiser, after a kill and on ranks."""

import pytest
import torch
from ignite.engine import Events
from monai.engines import SupervisedTrainer
from torch import distributed
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import Dataset

from medssl.engines import Checkpoint, FineTuningScheme, stream_loader
from medssl.engines.schemes import last_layer
from medssl.errors import UserError
from medssl.networks import EncoderClassifier, UNet3D
from medssl.weights import load_torch
from tests.helpers import on_two_ranks, run_and_kill

WARMUP, EPOCHS, STEPS = 2, 4, 3


class Noise(Dataset):
    """Cubes that depend on epoch and index alone."""

    def __len__(self):
        return 2 * STEPS * (distributed.get_world_size() if distributed.is_initialized() else 1)

    def __getitem__(self, key):
        epoch, index = key
        generator = torch.Generator().manual_seed(1000 * epoch + index)
        return torch.rand(1, 8, 8, 8, generator=generator)


def prepare(batch, device, non_blocking, **_):
    return batch, batch.flip(2)


def build(scheme, folder=None, wrap=lambda network: network):
    """A trainer as the bundles configure it: one optimiser over all parameters, with decay."""
    torch.manual_seed(0)
    network = UNet3D(base_channels=2)
    wrapped = wrap(network)
    optimizer = torch.optim.Adam(wrapped.parameters(), lr=0.01, weight_decay=0.1)
    loader = stream_loader(Noise(), 2)
    handlers = [FineTuningScheme(network, scheme, WARMUP)]
    if folder:
        state = {"network": network, "optimizer": optimizer}
        handlers.append(Checkpoint(folder, state, loader, every=1))
    trainer = SupervisedTrainer(
        device=torch.device("cpu"),
        max_epochs=EPOCHS,
        train_data_loader=loader,
        network=wrapped,
        optimizer=optimizer,
        loss_function=torch.nn.MSELoss(),
        prepare_batch=prepare,
        train_handlers=handlers,
        decollate=False,
    )
    return trainer, network


def snapshot(network):
    return {name: value.clone() for name, value in network.state_dict().items()}


def moved_by_epoch(scheme, wrap=lambda network: network):
    """Names of the parameters and buffers that each epoch has changed."""
    trainer, network = build(scheme, wrap=wrap)
    states, moved = [snapshot(network)], []

    def compare():
        states.append(snapshot(network))
        before, after = states[-2:]
        moved.append({name for name in after if not torch.equal(before[name], after[name])})

    trainer.add_event_handler(Events.EPOCH_COMPLETED, compare)
    trainer.run()
    return moved, states[-1]


ALL = set(UNet3D(base_channels=2).state_dict())
DECODER_UP = {name for name in ALL if name.startswith(("decoder.", "head."))}
EXPECTED = {
    "full": [ALL] * EPOCHS,
    "warmup": [DECODER_UP] * WARMUP + [ALL] * (EPOCHS - WARMUP),
    "frozen": [DECODER_UP] * EPOCHS,
    "probe": [{"head.weight", "head.bias"}] * EPOCHS,
}


@pytest.mark.parametrize("scheme", EXPECTED)
def test_exactly_the_right_weights_and_statistics_move(scheme):
    """In spite of weight decay and of network.train() in each step."""
    assert moved_by_epoch(scheme)[0] == EXPECTED[scheme]


def test_warmup_goes_on_with_the_same_optimiser_and_its_state():
    trainer, network = build("warmup")
    steps = []

    def note():
        state = trainer.optimizer.state
        parts = network.head.weight, network.encoder.blocks[0].unit1.conv.weight
        steps.append([int(state[part]["step"]) if part in state else 0 for part in parts])

    before = trainer.optimizer
    trainer.add_event_handler(Events.EPOCH_COMPLETED, note)
    trainer.run()
    assert trainer.optimizer is before
    assert steps == [[3, 0], [6, 0], [9, 3], [12, 6]]


@pytest.mark.parametrize("kill_at", [2, 3, 5, 6, 7, 10])
def test_a_run_killed_in_or_after_warmup_ends_as_if_it_had_not_been(kill_at, tmp_path):
    build("warmup", tmp_path / "whole")[0].run()
    run_and_kill(build("warmup", tmp_path / "killed")[0], kill_at)
    build("warmup", tmp_path / "killed")[0].run()
    whole, killed = (load_torch(tmp_path / name / "checkpoint.pt") for name in ("whole", "killed"))
    for name, value in whole["state"]["network"].items():
        assert torch.equal(value, killed["state"]["network"][name]), name
    moments = [content["state"]["optimizer"]["state"] for content in (whole, killed)]
    assert moments[0].keys() == moments[1].keys()
    for number, entry in moments[0].items():
        assert all(torch.equal(value, moments[1][number][key]) for key, value in entry.items())


def wrap_for_ranks(network):
    return DistributedDataParallel(network, find_unused_parameters=True)


def train_on_ranks(_rank):
    return {scheme: moved_by_epoch(scheme, wrap_for_ranks) for scheme in EXPECTED}


def test_two_ranks_freeze_unfreeze_and_stay_in_step(tmp_path):
    """Equal weights on unequal crops: the running statistics of each rank's last step differ."""
    first, second = on_two_ranks(train_on_ranks, tmp_path)
    parameters = {name for name, _ in UNet3D(base_channels=2).named_parameters()}
    for scheme, expected in EXPECTED.items():
        (moved, ours), (moved_there, theirs) = first[scheme], second[scheme]
        assert moved == moved_there == expected
        unequal = {name for name in ours if not torch.equal(ours[name], theirs[name])}
        means = {name for name in set.union(*expected) if name.endswith("running_mean")}
        assert means <= unequal
        assert not unequal & parameters


@pytest.mark.parametrize("scheme", ["warmup", "frozen", "probe"])
def test_no_hook_outlives_training(scheme):
    trainer, network = build(scheme)
    trainer.run()
    network.train()
    before = snapshot(network)
    network(torch.rand(2, 1, 8, 8, 8))
    after = network.state_dict()
    assert all(
        not torch.equal(before[name], after[name]) for name in after if "running_mean" in name
    )


def test_layers_replaced_after_the_scheme_was_made_are_frozen_too():
    """As ``sync_batch_norm`` does, in whatever order a config is read."""
    trainer, network = build("frozen")
    encoder = torch.nn.SyncBatchNorm.convert_sync_batchnorm(network.encoder)
    assert encoder is network.encoder
    trainer.add_event_handler(Events.ITERATION_COMPLETED, trainer.terminate)
    norms = [layer for layer in encoder.modules() if isinstance(layer, torch.nn.SyncBatchNorm)]
    assert len(norms) == 8
    trainer.run()
    assert not any(norm.training for norm in norms)


def test_a_compiled_network_is_frozen_and_unfrozen_too():
    def compiled(network):
        return torch.compile(network, backend="eager")

    assert moved_by_epoch("warmup", compiled)[0] == EXPECTED["warmup"]


def test_the_last_layer_is_the_one_that_gives_the_logits():
    unet, classifier = UNet3D(base_channels=2), EncoderClassifier(3, base_channels=2)
    assert last_layer(unet) is unet.head
    assert last_layer(classifier) is classifier.head.fc2
    with pytest.raises(UserError, match="no convolution or linear layer"):
        last_layer(torch.nn.ReLU())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("half",), "scheme: expected one of .*'probe'.*, got 'half'"),
        (("warmup", -1), "warmup_epochs: -1"),
    ],
)
def test_bad_arguments_are_named(arguments, message):
    with pytest.raises(UserError, match=message):
        FineTuningScheme(UNet3D(base_channels=2), *arguments)
