"""A task is set for the weights that are looked at."""

from pathlib import Path

import pytest
import torch

from medssl.analysis.task_crops import open_task
from medssl.errors import UserError
from medssl.networks import UNet3D

BUNDLE = Path(__file__).resolve().parents[2] / "bundles" / "lung_nodule_ct_segmentation"


def test_the_same_seed_makes_the_same_network(tmp_path):
    given = {"base_channels": 2, "device": "cpu", "seed": 4}
    first, second = (open_task("none.pt", tmp_path, BUNDLE, given).network() for _ in range(2))
    assert isinstance(first, UNet3D)
    for ours, theirs in zip(first.state_dict().values(), second.state_dict().values()):
        assert torch.equal(ours, theirs)


def test_a_key_that_the_config_lacks_is_refused(tmp_path):
    with pytest.raises(UserError, match="--crop_sizes: no such key"):
        open_task("none.pt", tmp_path, BUNDLE, {"crop_sizes": [4, 4, 4]})
