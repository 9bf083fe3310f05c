"""Grad-CAM equals its definition written out, and its strongest place is 1."""

import json
from pathlib import Path

import pytest
import torch
from torch.nn.functional import interpolate

from medssl.analysis.gradcam import (
    Attention,
    activation_maps,
    draw_attention,
    middle_share,
    show_attention,
)
from medssl.commands import Analyse
from medssl.errors import UserError
from medssl.networks import EncoderClassifier, UNet3D
from medssl.sources import prepare_images

BUNDLE = Path(__file__).resolve().parents[2] / "bundles" / "lung_nodule_ct_segmentation"


def by_hand(network, image, score, level=3):
    """Weights are the mean gradients of the score, maps their positive sums."""
    network.eval()
    levels = network.encoder(image)
    kept = levels[level]
    kept.retain_grad()
    score(levels).backward()
    weights = kept.grad.mean((2, 3, 4), keepdim=True)
    small = torch.relu((weights * kept).sum(1, keepdim=True))
    found = interpolate(small, image.shape[2:], mode="trilinear", align_corners=False)
    return (found / found.max()).detach()


def test_a_map_is_the_positive_sum_of_activations_by_their_gradients():
    torch.manual_seed(0)
    network = EncoderClassifier(3, base_channels=2)
    image = torch.rand(1, 1, 16, 16, 16)
    found = activation_maps(network, image, class_index=1)
    wanted = by_hand(network, image, lambda levels: network.head(levels[-1].mean((2, 3, 4)))[0, 1])
    torch.testing.assert_close(found, wanted)
    assert found.max() == 1


@pytest.mark.parametrize("classes", [1, 3])
def test_of_a_segmentation_the_logits_count_where_the_class_is_marked(classes):
    torch.manual_seed(1)
    network = UNet3D(base_channels=2, out_channels=classes)
    image = torch.rand(1, 1, 16, 16, 16)
    network(image)  # running statistics of its own
    found = activation_maps(network, image, class_index=classes - 1)

    def score(levels):
        logits = network.head(network.decoder(levels))
        own = logits[:, -1]
        marked = own >= 0 if classes == 1 else logits.argmax(1) == classes - 1
        assert 0 < marked.sum() < marked.numel()
        return own[marked].mean()

    torch.testing.assert_close(found, by_hand(network, image, score))


def test_a_class_that_is_marked_nowhere_counts_everywhere():
    torch.manual_seed(1)
    network = UNet3D(base_channels=2)
    torch.nn.init.constant_(network.head.bias, -1000)
    image = torch.rand(1, 1, 16, 16, 16)
    wanted = by_hand(network, image, lambda levels: network.head(network.decoder(levels)).mean())
    torch.testing.assert_close(activation_maps(network, image), wanted)


def test_a_map_does_not_depend_on_its_batch_mates():
    torch.manual_seed(0)
    network = EncoderClassifier(1, base_channels=2)
    images = torch.rand(3, 1, 16, 16, 16)
    together = activation_maps(network, images)
    torch.testing.assert_close(together[1:2], activation_maps(network, images[1:2]))


def test_layers_and_classes_that_are_not_there_are_refused():
    network = EncoderClassifier(2, base_channels=2)
    images = torch.rand(1, 1, 8, 8, 8)
    with pytest.raises(UserError, match=r"layer: encoder\.conv4, the network has none"):
        activation_maps(network, images, "encoder.conv4")
    with pytest.raises(UserError, match="class_index: 2, expected 0 to 1"):
        activation_maps(network, images, class_index=2)


def test_the_share_in_the_middle_is_by_volume_where_a_map_is_even():
    maps = torch.ones(2, 1, 9, 9, 9)
    maps[1] = 0
    maps[1, 0, 4, 4, 4] = 1
    assert middle_share(maps) == pytest.approx([1 / 27, 1])
    assert middle_share(torch.zeros(1, 1, 9, 9, 9)) == [0]


def test_models_are_shown_on_the_same_objects(scans, tmp_path):
    patterns = {"images": "*/ct.nii.gz", "labels": "*/nodules.nii.gz"}
    shares = {"fractions": (0.34, 0.16, 0.5), "spacing": "native", "workers": 1}
    data = prepare_images(scans, tmp_path / "data", **patterns, **shares).parent
    for name in "ab":
        (tmp_path / name).mkdir()
        torch.save(UNet3D(base_channels=2).state_dict(), tmp_path / name / "model.pt")
    given = {"crop_size": [8, 8, 8], "base_channels": 2, "num_workers": 0, "device": "cpu"}
    models = [str(tmp_path / name / "model.pt") for name in "ab"]
    found = show_attention(models, data, BUNDLE, count=2, overrides=given)
    assert found.images.shape == found.maps[1].shape == (2, 1, 8, 8, 8)
    assert not torch.equal(*found.maps)
    where = {"data": str(data), "bundle": str(BUNDLE), "json": str(tmp_path / "g.json")}
    Analyse().gradcam(*models, **where, picture=str(tmp_path / "g.png"), count=2, **given)
    written = json.loads((tmp_path / "g.json").read_text())
    assert list(written["middle_share"]) == models
    assert (tmp_path / "g.png").stat().st_size > 1000
    with pytest.raises(UserError, match="models: none"):
        show_attention([], data, BUNDLE)


def test_the_picture_has_a_row_for_each_model(tmp_path):
    images = torch.rand(1, 1, 6, 6, 6)
    draw_attention(Attention(("runs/a/model.pt",), "x", images, (images,)), tmp_path / "a.svg")
    assert "a" in (tmp_path / "a.svg").read_text()
