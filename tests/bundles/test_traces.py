"""What the configs do against traces of the answer: gaps between cubes, axes of one sharpness."""

import numpy as np
import pytest
from monai.bundle import ConfigParser

from medssl.transforms import SharpnessEqualiser

from .conftest import BUNDLES

PUZZLES = ("pretrain_jigsaw", "pretrain_rubiks_cube", "pretrain_rubiks_cube_plus")
LOCATION, ROTATION = "pretrain_relative_patch_location", "pretrain_rotation"


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


@pytest.mark.parametrize("bundle", [*PUZZLES, LOCATION, ROTATION])
def test_axes_are_equalised_but_in_the_papers_variant(bundle):
    ours, papers = read(bundle, "train"), read(bundle, "train", "paper")
    assert (ours["equalise"], papers["equalise"]) == (True, False)
    equaliser = ours.get_parsed_content("train#prepare_batch").equaliser
    assert isinstance(equaliser, SharpnessEqualiser)
    # A margin would show a patch what lies beyond the gap.
    assert equaliser.margin == (8 if bundle == ROTATION else 0)
    assert papers.get_parsed_content("train#prepare_batch").equaliser is None


def test_rotation_cuts_what_the_filter_needs_beyond_the_crop():
    ours, papers = read(ROTATION, "train"), read(ROTATION, "train", "paper")
    assert ours.get_parsed_content("cut_size") == [80, 80, 80]
    assert papers.get_parsed_content("cut_size") == [64, 64, 32]
    for parser in (ours, papers):
        for split in ("train", "validate"):
            assert parser[f"{split}#dataset#crop_size"] == "@cut_size"
            assert parser[f"{split}#dataset#data#crop_size"] == "@cut_size"
