"""Pictures are written whole, or refused by their name."""

import pytest
import torch

from medssl.analysis.pictures import middle_slice, new_figure, save_figure
from medssl.errors import UserError


@pytest.mark.parametrize("name", ["a.png", "a.svg", "a.pdf"])
def test_a_picture_is_written(name, tmp_path):
    figure, axes = new_figure(2, rows=3)
    assert axes.shape == (3, 2)
    save_figure(figure, tmp_path / "new" / name)
    assert (tmp_path / "new" / name).stat().st_size > 500


@pytest.mark.parametrize("name", ["a.png", "a.svg", "a.pdf"])
def test_the_same_figure_gives_the_same_bytes(name, tmp_path, monkeypatch):
    for number, second in enumerate(("1000000000", "1500000000")):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", second)  # what matplotlib takes for the time
        figure, axes = new_figure(1)
        axes[0, 0].plot([0, 1], [2, 3], "o", clip_on=True)
        save_figure(figure, tmp_path / str(number) / name)
    assert (tmp_path / "0" / name).read_bytes() == (tmp_path / "1" / name).read_bytes()


def test_other_names_are_refused(tmp_path):
    with pytest.raises(UserError, match=r"expected a picture's name, \.png"):
        save_figure(new_figure(1)[0], tmp_path / "a.json")


def test_a_slice_has_the_front_of_the_body_up_and_the_right_side_on_the_left():
    volume = torch.zeros(4, 6, 3)  # RAS+
    volume[3, 5, 1] = 1  # far right and far in front
    shown = middle_slice(volume)
    assert shown.shape == (6, 4)
    assert shown[0, 0] == 1
