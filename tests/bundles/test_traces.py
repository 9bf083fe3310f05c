"""What the configs do against traces of the answer: gaps between cubes."""

import numpy as np
import pytest
from monai.bundle import ConfigParser

from .conftest import BUNDLES

PUZZLES = ("pretrain_jigsaw", "pretrain_rubiks_cube", "pretrain_rubiks_cube_plus")
LOCATION = "pretrain_relative_patch_location"


def read(bundle: str, *configs: str) -> ConfigParser:
    parser = ConfigParser()
    parser.read_config([BUNDLES / bundle / "configs" / f"{name}.json" for name in configs])
    return parser


def smallest_gap(parser: ConfigParser) -> int:
    """Voxels between the closest faces of neighbours, over many samples."""
    parser["grid#chosen"] = None  # all patches, so that all neighbours are seen
    grid = parser.get_parsed_content("grid")
    starts = np.stack([grid.starts(seed) for seed in range(500)])
    starts = starts.reshape(-1, *grid.cells, 3)
    return min(
        int((np.diff(starts[..., axis], axis=axis + 1) - grid.patch_size[axis]).min())
        for axis in range(3)
    )


@pytest.mark.parametrize("bundle", [*PUZZLES, LOCATION])
def test_three_voxels_at_least_lie_between_neighbours(bundle):
    assert smallest_gap(read(bundle, "train")) == 3


@pytest.mark.parametrize("bundle", PUZZLES)
def test_the_papers_cubes_may_touch(bundle):
    assert smallest_gap(read(bundle, "train", "paper")) == 0
