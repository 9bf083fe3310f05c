"""Relative patch location: label and place agree, classes are uniform, loss and network as told."""

import numpy as np
import pytest
import torch

from medssl.crops import CropDataset, PatchGrid
from medssl.errors import UserError
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


def test_one_patch_is_refused():
    with pytest.raises(UserError, match="expected two patches as channels, got 1"):
        RelativePatchPretext()(torch.rand(1, 1, 4, 4, 4), torch.tensor([0]))
