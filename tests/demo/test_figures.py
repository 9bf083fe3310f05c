"""What the report's pictures show, read from the figures themselves and from their pixels."""

import base64
import io

import matplotlib.image
import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgb
from torch import nn

from medssl.demo import figures
from medssl.pretext import ModelsGenesisPretext

TRUTH = "#ffd23f"


def decoded(source):
    head, content = source.split(",", 1)
    assert head == "data:image/png;base64"
    return matplotlib.image.imread(io.BytesIO(base64.b64decode(content)), format="png")


def shows(source, colour):
    """Whether a picture has a pixel of a colour."""
    return bool((np.abs(decoded(source)[..., :3] - to_rgb(colour)).max(-1) < 0.02).any())


@pytest.fixture
def drawn(monkeypatch):
    """The images of each panel, by the functions' own figures."""
    kept, embed = [], figures._embed

    def keep(figure):
        kept.append([[image.get_array() for image in axis.get_images()] for axis in figure.axes])
        return embed(figure)

    monkeypatch.setattr(figures, "_embed", keep)
    return kept


def test_restoration_shows_clean_corrupted_and_what_the_network_makes_of_it(drawn):
    generator = torch.Generator().manual_seed(0)
    hu = torch.randint(-1000, 1000, (3, 1, 14, 16, 15), generator=generator)
    batch = {"image": hu, "seed": torch.arange(3)}

    class Darker(nn.Module):
        def forward(self, images):
            return images / 2

    decoded(figures.restoration(Darker(), batch, samples=2))
    panels = [panel[0] for panel in drawn[0]]
    assert len(panels) == 2 * 3
    corrupted, clean = ModelsGenesisPretext()((hu[:2] + 1000) / 2000, batch["seed"][:2])
    expected = [
        cube[0] for pair in zip(clean, corrupted, corrupted / 2, strict=True) for cube in pair
    ]
    for panel, volume in zip(panels, expected, strict=True):
        # The body's front (large y) is above, its right (large x) on the left.
        middle = volume[:, :, 7].numpy()
        np.testing.assert_allclose(panel, middle.T[::-1, ::-1], atol=1e-6)


def test_segmentation_shows_the_slice_with_most_truth_and_all_outlines():
    """The masks lie in that slice alone."""
    image = torch.full((16, 14, 9), -500, dtype=torch.int16)
    truth = torch.zeros(16, 14, 9, dtype=torch.uint8)
    truth[2:4, 2:4, 1:3] = 1
    truth[5:11, 5:10, 6] = 1
    predictions = {name: torch.zeros_like(truth, dtype=torch.bool) for name in figures.COLOURS}
    predictions["pretrained"][4:9, 3:8, 6] = True
    predictions["scratch"][7:13, 6:12, 6] = True
    picture = figures.segmentation(image, truth, predictions)
    assert all(shows(picture, colour) for colour in (TRUTH, *figures.COLOURS.values()))
    elsewhere = {name: mask.roll(1, dims=2) for name, mask in predictions.items()}
    picture = figures.segmentation(image, truth, elsewhere)
    assert not any(shows(picture, colour) for colour in figures.COLOURS.values())


def test_each_arm_has_a_curve_in_its_colour():
    both = figures.curves({"pretrained": {1: 0.1, 2: 0.4}, "scratch": {1: 0.2, 2: 0.3}}, "dice")
    assert all(shows(both, colour) for colour in figures.COLOURS.values())
    one = figures.curves({"scratch": {1: 0.2, 2: 0.3}}, "dice")
    assert [shows(one, figures.COLOURS[arm]) for arm in ("pretrained", "scratch")] == [False, True]
