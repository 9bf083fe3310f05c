"""An oracle beats what knows nothing; untrained networks are drawn from their seeds."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import features_asked
from features_asked import Asked, answer

from .features_samples import all_crops


@pytest.fixture(scope="module")
def crops():
    return all_crops()


def test_an_oracle_beats_what_knows_nothing_and_claims_nothing_of_one_patient(crops, monkeypatch):
    monkeypatch.setattr(features_asked, "UNTRAINED", (1,))
    rng = np.random.default_rng(0)
    noisy = [replace(each, hu=rng.integers(-900, 900, each.hu.shape)) for each in crops]
    asked = Asked(noisy, (-1000, 1000), base_channels=2)
    for name, question in asked.questions.items():
        values = np.zeros((len(crops), 4), np.float32)
        values[question.rows, question.labels] = 1
        found = answer(asked, name, values)["linear"]
        assert found["ours"][0] == 1
        ends = found["over_untrained"][1:] + found["over_grey"][1:]
        if name == "liver":
            assert ends == [None] * 4
        elif name in ("region", "height", "tumour"):
            assert min(ends) > 0


def test_an_untrained_network_is_drawn_from_its_seed_and_knows_the_crops_statistics(crops):
    rng = np.random.default_rng(0)
    noisy = [replace(each, hu=rng.integers(-900, 900, each.hu.shape)) for each in crops[:8]]
    asked = Asked(noisy, (-1000, 1000), base_channels=2)
    network = asked._random(1)
    norm = next(m for m in network.modules() if isinstance(m, torch.nn.BatchNorm3d))
    assert not torch.allclose(norm.running_mean, torch.zeros_like(norm.running_mean))
    again, other = (asked.features(asked._random(seed)) for seed in (1, 2))
    np.testing.assert_array_equal(asked.features(network), again)
    assert not np.allclose(again, other)


def test_a_coarser_network_sees_the_means_of_voxels(crops):
    hu = np.random.default_rng(0).integers(-900, 900, crops[0].hu.shape)
    fine, coarse = (
        Asked([replace(crops[0], hu=hu)], (-1000, 1000), 2, factor).images[0, 0]
        for factor in (1, 2)
    )
    assert coarse.shape == (16, 16, 16)
    torch.testing.assert_close(coarse[3, 4, 5], fine[6:8, 8:10, 10:12].mean())
