"""Relative patch location: label and place agree, classes are uniform, loss and network as told."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from medssl.crops import CropDataset, PatchGrid
from medssl.errors import UserError
from medssl.networks import FeatureEncoder, RelativePatchNetwork
from medssl.pretext import RelativePatchPretext, relative_patch_cells
from medssl.random import fold
from medssl.store import write_volume

SEEDS = torch.tensor([fold(3, 0, index) for index in range(5200)])
CLASSES = RelativePatchPretext().draw(SEEDS, (4, 4, 4)).classes
GRID = PatchGrid((3, 3, 3), (4, 3, 2), jitter=(2, 3, 1), gap=1, chosen=relative_patch_cells)


@pytest.fixture
def reader(tmp_path):
    """Patches of a volume whose voxels say where they are: value = 900 x + 30 y + z - 15000."""
    x, y, z = np.indices((28, 26, 16))
    write_volume(tmp_path / "a.b2nd", (900 * x + 30 * y + z - 15000).astype(np.int16), np.eye(4))
    data, free = [{"image": str(tmp_path / "a.b2nd")}], {"crop_rule": "any"}
    return CropDataset(data, GRID.crop_size, 400, seed=1, patches=GRID, **free)


def test_classes_are_uniform():
    counts = torch.bincount(CLASSES, minlength=26)
    assert len(counts) == 26
    assert ((counts - 200) ** 2 / 200).sum() < 62  # chi-square, 25 degrees, p = 5e-5


def test_cells_and_class_are_one_draw():
    """Literal numbering: walk the grid and count the cells that are not the centre."""
    number = {}
    for x in range(3):
        for y in range(3):
            for z in range(3):
                if (x, y, z) != (1, 1, 1):
                    number[9 * x + 3 * y + z] = len(number)
    for seed, label in zip(SEEDS[:300].tolist(), CLASSES.tolist()):
        centre, neighbour = relative_patch_cells(seed)
        assert centre == 13
        assert number[neighbour] == label


def test_label_is_the_place_the_neighbour_was_cut_from(reader):
    """Read both places off the voxels: sign of their distance, counted as a number of base 3."""
    seen = set()
    for index in range(400):
        sample = reader[(2, index)]
        images = sample["image"][None].float()
        inputs, target = RelativePatchPretext()(images, torch.tensor([sample["seed"]]))
        assert torch.equal(inputs, images)
        corners = sample["image"][:, 0, 0, 0].long() + 15000
        places = torch.stack([corners // 900, corners % 900 // 30, corners % 30], dim=1)
        distance = places[1] - places[0]
        outer = distance.abs() >= torch.tensor(GRID.patch_size) + torch.tensor(GRID.gap)
        steps = torch.where(outer, distance.sign(), 0)
        cell = int(((steps + 1) * torch.tensor([9, 3, 1])).sum())
        assert target.tolist() == [cell - (cell > 13)]
        seen.add(cell)
    assert len(seen) == 26


def test_batch_mates_do_not_matter():
    images = torch.rand(6, 2, 4, 4, 4)
    together = RelativePatchPretext()(images, SEEDS[:6])
    alone = RelativePatchPretext()(images[4:5], SEEDS[4:5])
    assert torch.equal(together[0][4:5], alone[0])
    assert torch.equal(together[1][4:5], alone[1])


@pytest.fixture
def small():
    torch.manual_seed(0)
    return RelativePatchNetwork(base_channels=2), torch.rand(6, 2, 16, 16, 8)


def test_parameter_count_is_the_papers():
    assert sum(p.numel() for p in RelativePatchNetwork().parameters()) == 7_219_482


def test_both_patches_go_the_same_way_and_keep_their_order(small):
    """Written out patch by patch, in eval mode, where patches do not share statistics."""
    network, images = small
    network.eval()
    codes = []
    for patch in (0, 1):
        deepest = network.encoder(images[:, patch : patch + 1])[-1].mean((2, 3, 4))
        codes.append(torch.relu(network.code.norm(network.code.fc(deepest))))
    hidden = torch.relu(network.head.fc1(torch.cat(codes, dim=1)))
    torch.testing.assert_close(network(images), network.head.fc2(hidden))


def test_batch_norm_is_pooled_over_both_patches(small):
    network, images = small
    network.code.norm.momentum = 1.0
    network(images)
    single = images.reshape(12, 1, 16, 16, 8)
    features = network.code.fc(network.encoder(single)[-1].mean((2, 3, 4)))
    torch.testing.assert_close(network.code.norm.running_mean, features.mean(0))


def test_every_parameter_learns(small):
    network, images = small
    loss = nn.CrossEntropyLoss()(network(images), torch.arange(6))
    loss.backward()
    for name, parameter in network.named_parameters():
        if name.endswith((".conv.bias", "code.fc.bias")):  # batch norm takes the mean off again
            assert parameter.grad is not None, name
        else:
            assert parameter.grad.abs().sum() > 0, name


def test_loss_is_log_26_with_the_last_layer_zeroed(small):
    network, images = small
    nn.init.zeros_(network.head.fc2.weight)
    loss = nn.CrossEntropyLoss()(network(images), torch.arange(6))
    assert loss.item() == pytest.approx(math.log(26))


def test_scripted_network_and_inference_network_agree(small):
    network, images = small
    network.eval()
    assert torch.equal(torch.jit.script(network)(images), network(images))
    features = FeatureEncoder(2)
    features.load_state_dict(network.state_dict(), strict=False)
    deepest = network.encoder(images[:, :1])[-1].mean((2, 3, 4))
    torch.testing.assert_close(features.eval()(images[:, :1]), deepest)


def test_one_patch_is_refused():
    with pytest.raises(UserError, match="expected two patches as channels, got 1"):
        RelativePatchPretext()(torch.rand(1, 1, 4, 4, 4), torch.tensor([0]))


@pytest.mark.gpu
def test_gpu_and_cpu_agree(small):
    network, images = small
    network.eval()
    outputs = {}
    for device in ("cpu", "cuda"):
        inputs, targets = RelativePatchPretext()(images.to(device), SEEDS[:6])
        outputs[device] = network.to(device)(inputs).cpu(), targets.cpu()
    torch.testing.assert_close(outputs["cuda"], outputs["cpu"], rtol=1e-3, atol=1e-3)
