"""Heads on the pooled encoder: the paper's sizes, and each written out on one image at a time."""

import pytest
import torch

from medssl.networks import EncoderClassifier, FeatureEncoder, SiameseProjection
from medssl.networks.heads import pool


@pytest.mark.parametrize(
    ("network", "parameters"),
    [
        (lambda: EncoderClassifier(1), 7_554_113),
        (lambda: EncoderClassifier(10), 7_563_338),
        (lambda: SiameseProjection(), 7_421_760),
    ],
)
def test_parameter_counts_are_the_papers(network, parameters):
    assert sum(parameter.numel() for parameter in network().parameters()) == parameters


def test_pooling_takes_the_mean_of_each_channels_voxels():
    deepest = torch.arange(2 * 3 * 2 * 1 * 4.0).reshape(2, 3, 2, 1, 4)
    expected = [[float(channel.mean()) for channel in sample] for sample in deepest]
    assert pool(deepest).tolist() == expected


def test_a_classifier_sees_all_channels_at_once():
    torch.manual_seed(0)
    network = EncoderClassifier(3, in_channels=2, base_channels=2).eval()
    image = torch.rand(2, 2, 16, 8, 8)
    features = network.encoder(image)[-1].mean((2, 3, 4))
    hidden = torch.relu(network.head.fc1(features))
    torch.testing.assert_close(network(image), network.head.fc2(hidden))


@pytest.mark.parametrize("build", [FeatureEncoder, SiameseProjection])
def test_views_are_embedded_one_by_one_and_lie_side_by_side(build):
    torch.manual_seed(0)
    network = build(2).eval()
    views = torch.rand(2, 3, 16, 8, 8)
    for sample, row in zip(views, network(views), strict=True):
        expected = []
        for view in sample:
            features = network.encoder(view[None, None])[-1].mean((2, 3, 4))
            if build is SiameseProjection:
                hidden = torch.relu(network.projector.fc1(features))
                features = network.projector.fc2(hidden)
            expected.append(features[0])
        torch.testing.assert_close(row, torch.cat(expected))
