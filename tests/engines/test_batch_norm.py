"""Re-estimated batch-norm statistics against two-pass oracles; Eq. 15."""

import pytest
import torch
from torch import nn
from torch.utils.data import Dataset

from medssl.engines import recollect_bn, stream_loader
from medssl.engines.batch_norm import BatchNormShift, LayerShift
from medssl.errors import UserError
from medssl.networks import UNet3D
from tests.helpers import move_every_entry, on_two_ranks

BUFFERS = ("running_mean", "running_var", "num_batches_tracked")


def moved_unet():
    torch.manual_seed(0)
    return move_every_entry(UNet3D(base_channels=2))


def batches(count=4, size=3):
    generator = torch.Generator().manual_seed(1)
    return [torch.rand(size, 1, 8, 8, 8, generator=generator) * (k + 1) for k in range(count)]


def test_one_layer_has_the_mean_of_the_batches_means_and_variances():
    """Two passes over all data, by NumPy's formulas, in equal batches."""
    norm = nn.BatchNorm3d(2, momentum=0.3)
    norm.running_mean.copy_(torch.tensor([5.0, -1.0]))
    data = [torch.randn(3, 2, 4, 4, 4) * (k + 1) + k for k in range(5)]
    shift = recollect_bn(nn.Sequential(norm), data)
    everything = torch.stack(data).double().transpose(1, 2).flatten(2).numpy().transpose(1, 0, 2)
    means = everything.mean(axis=(1, 2))
    variances = everything.var(axis=2, ddof=1).mean(axis=1)
    assert norm.running_mean.numpy() == pytest.approx(means, rel=1e-5)
    assert norm.running_var.numpy() == pytest.approx(variances, rel=1e-5)
    (layer,) = shift.layers
    assert layer.mean == pytest.approx((5 - means[0]) ** 2 + (-1 - means[1]) ** 2, rel=1e-5)
    assert layer.variance == pytest.approx(((1 - variances) ** 2).sum(), rel=1e-5)


def test_each_layer_sees_what_the_layers_before_it_make_of_the_batch():
    """A literal loop with hooks on the input of every batch norm, in training mode."""
    network, seen = moved_unet(), {}
    for name, layer in network.named_modules():
        if isinstance(layer, nn.BatchNorm3d):
            layer.register_forward_pre_hook(
                lambda _, inputs, name=name: seen.setdefault(name, []).append(inputs[0].detach())
            )
    recollect_bn(network, batches())
    assert len(seen) == 14
    for name, inputs in seen.items():
        values = [value.transpose(0, 1).flatten(1).double() for value in inputs]
        mean = torch.stack([value.mean(1) for value in values]).mean(0)
        variance = torch.stack([value.var(1) for value in values]).mean(0)
        norm = network.get_submodule(name)
        assert torch.allclose(norm.running_mean.double(), mean, rtol=1e-4, atol=1e-5), name
        assert torch.allclose(norm.running_var.double(), variance, rtol=1e-4, atol=1e-5), name


def test_only_buffers_change_and_mode_and_momentum_stay():
    network = moved_unet().train()
    network.encoder.eval()
    network.encoder.blocks[0].unit1.norm.momentum = 0.25
    modes = {name: module.training for name, module in network.named_modules()}
    before = {name: value.clone() for name, value in network.state_dict().items()}
    recollect_bn(network, batches())
    assert {name: module.training for name, module in network.named_modules()} == modes
    assert network.encoder.blocks[0].unit1.norm.momentum == 0.25
    assert network.encoder.blocks[0].unit2.norm.momentum == 0.1
    assert all(parameter.grad is None for parameter in network.parameters())
    for name, value in network.state_dict().items():
        assert torch.equal(value, before[name]) == (not name.endswith(BUFFERS)), name


def test_the_distance_is_the_squared_norm_over_the_encoder_alone():
    network = moved_unet()
    old = {name: value.clone() for name, value in network.state_dict().items()}
    shift = recollect_bn(network, batches())
    new = network.state_dict()
    by_hand = sum(
        float(((old[name] - new[name]) ** 2).sum())
        for name in new
        if name.startswith("encoder.") and name.endswith(("running_mean", "running_var"))
    )
    assert shift.distance == pytest.approx(by_hand, rel=1e-5)
    assert len(shift.layers) == 14
    everything = sum(layer.mean + layer.variance for layer in shift.layers)
    assert everything > shift.distance > 0


def test_recollecting_twice_moves_nothing():
    network = moved_unet()
    recollect_bn(network, batches())
    assert recollect_bn(network, batches()).distance == 0


def test_the_report_adds_up_by_hand():
    layers = (LayerShift("encoder.a", 1.0, 2.0), LayerShift("decoder.b", 10.0, 20.0))
    shift = BatchNormShift(layers)
    assert shift.distance == 3
    assert shift.as_dict()["layers"][1] == {"name": "decoder.b", "mean": 10.0, "variance": 20.0}
    assert str(shift).endswith("distance over the encoder (Eq. 15): 3")


def broken():
    yield batches(1)[0]
    raise OSError("disk gone")


@pytest.mark.parametrize(
    ("network", "data", "error", "message"),
    [
        (UNet3D(base_channels=2, batch_norm="batch"), batches(), UserError, "batch_norm: 'batch'"),
        (nn.Conv3d(1, 1, 1), batches(), UserError, "no batch norm"),
        (nn.BatchNorm3d(1, track_running_stats=False), batches(), UserError, "running statistics"),
        (UNet3D(base_channels=2), [], UserError, "batches: none reached .*'encoder.blocks.0"),
        (UNet3D(base_channels=2), broken(), OSError, "disk gone"),
    ],
)
def test_a_refusal_leaves_the_network_as_it_was(network, data, error, message):
    network.eval()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    with pytest.raises(error, match=message):
        recollect_bn(network, data)
    assert not network.training
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    norms = [layer for layer in network.modules() if isinstance(layer, nn.BatchNorm3d)]
    assert all(norm.momentum == 0.1 for norm in norms)


class Crops(Dataset):
    def __len__(self):
        return 12

    def __getitem__(self, key):
        return {"image": torch.rand(1, 8, 8, 8, generator=torch.Generator().manual_seed(key[1]))}


def on_this_rank(_rank):
    network = moved_unet()
    loader = stream_loader(Crops(), 2)
    inputs = [next(iterator)["image"] for iterator in [iter(loader)] for _ in range(3)]
    recollect_bn(network, inputs)
    return network.encoder.blocks[0].unit1.norm.state_dict(), torch.stack(inputs)


@pytest.mark.slow
def test_ranks_share_their_statistics(tmp_path):
    (first, ours), (second, theirs) = on_two_ranks(on_this_rank, tmp_path)
    assert not torch.equal(ours, theirs)
    assert all(torch.equal(value, second[name]) for name, value in first.items())
    network = moved_unet()
    recollect_bn(network, [*ours, *theirs])
    alone = network.encoder.blocks[0].unit1.norm.state_dict()
    for name in ("running_mean", "running_var"):
        assert torch.allclose(first[name], alone[name], rtol=1e-5)
