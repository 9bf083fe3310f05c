"""What tests of the three puzzles share: the methods, cubes, and a slow way to arrange them."""

import torch

from medssl.pretext import JigsawPretext, RubiksCubePlusPretext, RubiksCubePretext
from medssl.random import fold
from medssl.transforms import puzzle_orders

SEEDS = torch.tensor([fold(5, 0, index) for index in range(4000)])


PUZZLES = {0: JigsawPretext, 2: RubiksCubePretext, 3: RubiksCubePlusPretext}


def cubes(batch=6, size=(4, 3, 2)):
    return 0.1 + 0.9 * torch.rand(batch, 8, *size, generator=torch.Generator().manual_seed(2))


def literal(image, target, keep=None):
    """One sample, place by place, from its labels; ``keep`` says which voxels a mask left."""
    order = puzzle_orders("maximin")[target[0]]
    flags = target[1:].reshape(-1, 8)
    out = torch.empty_like(image)
    for place in range(8):
        cube = image[order[place]]
        if len(flags) >= 2:
            if flags[0, place]:  # about x
                cube = torch.rot90(cube, 2, (1, 2))
            if flags[1, place]:  # about z
                cube = torch.rot90(cube, 2, (0, 1))
        if len(flags) == 3 and flags[2, place]:
            cube = torch.where(keep[place], cube, 0)
        out[place] = cube
    return out
